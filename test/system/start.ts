// A newcomer's first minutes: how long a first and a later start take, how much memory the whole tree uses, that Ctrl-C, kill -9 and a
// second start behave, that history survives them, and how soon a start that cannot succeed gives the reason. Starts
// services/standalone as `npm start` does, in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@parley/testing';
import { done } from '../clients/http.js';
import { enter, signUpRooms } from '../clients/rooms.js';
import { root } from '../root.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions } from './proof/options.js';
import { processesWith, treeMemory } from './proof/usage.js';
import { timeBadStarts } from './start/bad-starts.js';

readOptions({});

const main = join(root, 'services/standalone/dist/src/main.js');
const folder = mkdtempSync(join(process.env.PARLEY_PROVE_FOLDER ?? tmpdir(), 'parley-start-'));
// As root, PostgreSQL runs as another user, which needs access; PARLEY_PROVE_PRIVATE=1 shows what happens when it has none.
if (process.env.PARLEY_PROVE_PRIVATE !== '1') chmodSync(folder, 0o755);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const question = 'is anybody there tomorrow?';

interface Start {
  readonly child: ChildProcess;
  /** Seconds until it was ready. */
  readonly ready: Promise<number>;
  readonly exited: Promise<number | null>;
  output(): string;
}

const started: ChildProcess[] = [];
const start = (): Start => {
  const began = performance.now();
  const env = { ...process.env, PORT: String(port) };
  const child = spawn(process.execPath, [main], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const ready = new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (output.includes('is ready')) resolve((performance.now() - began) / 1000);
    });
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    void exited.then((code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  ready.catch(() => undefined);
  return { child, ready, exited, output: () => output };
};

const history = async (token: string): Promise<readonly { message: string }[]> =>
  done('GET', `${url}/api/messages/1`, { token });

const secondStart = async (): Promise<void> => {
  const second = start();
  await second.ready.catch(() => undefined);
  const code = await second.exited;
  const lines = second.output().trim().split('\n');
  console.log(`  a second start says: ${lines.join(' ⏎ ')}`);
  check(
    'a second start in the same folder is one clear line',
    code === 1 && lines.length === 1 && lines[0]?.includes(url) === true,
  );
};

/** Two users chat, and a second start is refused, before Ctrl-C. Returns a token. */
const firstRun = async (): Promise<string> => {
  const first = start();
  const seconds = await first.ready;
  figure('first start', seconds, 's');
  check('a first start takes at most 15 s', seconds <= 15);

  const [ada, bob] = [await signUpRooms(url, 'ada'), await signUpRooms(url, 'bob')];
  const sockets = await Promise.all([ada, bob].map((user) => enter(url, user, { id: 1 })));
  const [adas, bobs] = sockets;
  adas?.send({ type: 'message', content: question });
  await bobs?.waitFor('message');
  check('two sockets chat', true);

  const { megabytes, processes } = treeMemory(first.child.pid ?? 0);
  figure(`memory of ${processes} processes (PSS)`, megabytes, 'MB');
  check('the tree uses at most 350 MB', megabytes <= 350);
  await secondStart();

  const stopping = performance.now();
  first.child.kill('SIGINT');
  const code = await first.exited;
  figure('Ctrl-C to gone', (performance.now() - stopping) / 1000, 's');
  check('Ctrl-C ends it with 0', code === 0);
  const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code));
  check(
    `open sockets are closed with 1012 (restart): ${codes.join()}`,
    codes.every((each) => each === 1012),
  );
  return ada.token;
};

const laterRuns = async (token: string): Promise<void> => {
  const later = start();
  const seconds = await later.ready;
  figure('later start', seconds, 's');
  check('a later start takes at most 2 s', seconds <= 2);
  const before = await history(token);
  check(
    'history is there',
    before.some(({ message }) => message === question),
  );

  later.child.kill('SIGKILL');
  await later.exited;
  const again = start();
  figure('start after kill -9', await again.ready, 's');
  check('history is there after kill -9', (await history(token)).length === before.length);
  again.child.kill('SIGTERM');
  check('SIGTERM ends it with 0', (await again.exited) === 0);
  check('no process is left behind', processesWith(folder).length === 0);
};

try {
  await timeBadStarts(main, folder);
  await laterRuns(await firstRun());
} finally {
  const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;
  for (const child of started) child.kill('SIGTERM');
  await Promise.all(started.filter(isRunning).map((child) => once(child, 'exit')));
  rmSync(folder, { recursive: true, force: true });
}
finish();
