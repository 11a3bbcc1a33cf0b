// A process that requests `/health` of every gateway each 25 ms, so that a stall is measured by a process that has nothing else to do.
import { Agent, get } from 'node:http';

/** What the parent sends: which gateways to watch, or that it takes the measurement. */
export type ProbeCommand = { readonly urls: readonly string[] } | { readonly take: true };

/** The longest time without an answer in milliseconds, and how many requests failed, since it was last taken. */
export interface Stalls {
  readonly longest: number;
  readonly failed: number;
}

const everyMs = 25;
const agent = new Agent({ keepAlive: true });
const from = '127.0.0.9';
let longest = 0;
let failed = 0;
const pending = new Map<string, number>();

const probe = (url: string): void => {
  if (pending.has(url)) return;
  const began = performance.now();
  pending.set(url, began);
  const settle = (isGood: boolean): void => {
    longest = Math.max(longest, performance.now() - began);
    if (!isGood) failed += 1;
    pending.delete(url);
  };
  const sent = get(`${url}/health`, { agent, localAddress: from }, (answer) => {
    answer.resume();
    answer.on('end', () => settle(answer.statusCode === 200));
  });
  sent.on('error', () => settle(false));
};

process.on('message', (command: ProbeCommand) => {
  if ('urls' in command) {
    setInterval(() => command.urls.forEach(probe), everyMs);
    return;
  }
  // What is still waiting counts as long as it has waited so far.
  for (const began of pending.values()) longest = Math.max(longest, performance.now() - began);
  process.send?.({ longest, failed } satisfies Stalls);
  longest = 0;
  failed = 0;
});
process.on('disconnect', () => process.exit(0));
