// What the TypeScript examples share: where Parley is, and how an example ends.
import { WebSocket as NodeWebSocket } from 'ws';

// The one of a browser, for which these examples are written, has the same interface.
Object.assign(globalThis, { WebSocket: NodeWebSocket });

/** Where Parley is: the first argument, or where `npm start` listens. */
export const url = (process.argv[2] ?? 'http://127.0.0.1:8000').replace(/\/$/, '');
export const socketUrl = url.replace(/^http/, 'ws');

/** A name that no other run has. */
export const unique = (word: string) => `${word}-${crypto.randomUUID().slice(0, 8)}`;

/** The answer as JSON; ends the example when Parley said no. */
export const answerOf = async (response: Response) => {
  const text = await response.text();
  if (!response.ok) throw new Error(`${new URL(response.url).pathname} was answered ${response.status}: ${text}`);
  return JSON.parse(text);
};

const missing = new Set<string>();
const waiting: (() => void)[] = [];

/** What an example is there to show. It ends with 0 when all of it was seen, else with 1 and what is missing. */
export const toSee = (...sentences: string[]) => {
  for (const sentence of sentences) missing.add(sentence);
};

export const saw = (sentence: string) => {
  if (!missing.delete(sentence)) return;
  console.log(`✓ ${sentence}`);
  if (missing.size === 0) for (const resolve of waiting) resolve();
};

export const allSeen = () =>
  new Promise<void>((resolve) => {
    waiting.push(resolve);
    if (missing.size === 0) resolve();
  });

const fail = (sentence: string) => {
  console.error(sentence);
  process.exit(1);
};

const notSeen = () => `Not seen: ${[...missing].join('; ')}.`;

setTimeout(() => fail(`Thirty seconds are over. ${notSeen()}`), 30_000).unref();

/** An error, its cause, and the errors of each address that was tried. */
const causesOf = (error: unknown): unknown[] => {
  if (!(error instanceof Error)) return [];
  return [error, ...causesOf(error.cause), ...(error instanceof AggregateError ? error.errors : [])];
};

process.on('uncaughtException', (error) => {
  const refused = causesOf(error).some(
    (each) => each instanceof Error && 'code' in each && each.code === 'ECONNREFUSED',
  );
  fail(
    refused ? `Nothing answers at ${url}. Is Parley running (npm start)?` : `At ${url}: ${error.message}. ${notSeen()}`,
  );
});

process.on('exit', (code) => {
  if (code === 1 || missing.size === 0) return;
  console.error(`It was over too early. ${notSeen()}`);
  process.exitCode = 1;
});
