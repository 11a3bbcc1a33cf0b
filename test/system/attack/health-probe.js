// A process that asks `/health` of every gateway each 25 ms, so that a stall is measured by a process that has nothing else to do.
import { Agent, get } from 'node:http';

const everyMs = 25;
const agent = new Agent({ keepAlive: true });
const from = '127.0.0.9';
let longest = 0;
let failed = 0;
const pending = new Map();

const probe = (url) => {
  if (pending.has(url)) return;
  const began = performance.now();
  pending.set(url, began);
  const settle = (isGood) => {
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

process.on('message', ({ urls, take }) => {
  if (urls) setInterval(() => urls.forEach(probe), everyMs);
  if (!take) return;
  // What is still waiting counts as long as it has waited so far.
  for (const began of pending.values()) longest = Math.max(longest, performance.now() - began);
  process.send({ longest, failed });
  longest = 0;
  failed = 0;
});
process.on('disconnect', () => process.exit(0));
