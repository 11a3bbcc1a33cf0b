// What a newcomer meets: how long a first and a later start take, how much memory the whole tree uses, that Ctrl-C, kill -9 and a
// second start behave, that what was said is there again, and how soon a start that cannot succeed says why. Starts
// services/standalone as `npm start` does, in a folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSocket } from '@parley/testing';
import { timeBadStarts } from './start/bad-starts.js';
import { check, figure, finish } from './proof/figures.js';
import { freePort } from './proof/ports.js';
import { readOptions } from './proof/options.js';

readOptions();

const main = new URL('../../services/standalone/dist/src/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(process.env.PARLEY_PROVE_FOLDER ?? tmpdir(), 'parley-start-'));
// As root, PostgreSQL runs as another user, who has to get in; PARLEY_PROVE_PRIVATE=1 shows what happens when it cannot.
if (process.env.PARLEY_PROVE_PRIVATE !== '1') chmodSync(folder, 0o755);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;

const started = [];
const start = async () => {
  const began = performance.now();
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let said = '';
  const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
  const ready = new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => (said += data).includes('is ready') && resolve());
    child.stderr.on('data', (data) => (said += data));
    void exited.then(({ code }) => reject(new Error(`ended with ${code}: ${said}`)));
  });
  ready.catch(() => undefined);
  return { child, ready: ready.then(() => (performance.now() - began) / 1000), exited, said: () => said };
};

const ask = async (method, path, { token, body } = {}) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return response.json();
};

const signedIn = async (username) => {
  const credentials = { username, password: 'password123' };
  await ask('POST', '/api/auth/signup', { body: credentials });
  return (await ask('POST', '/api/auth/login', { body: credentials })).access_token;
};

/** What a process says of itself; empty when it has gone meanwhile. */
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Proportional memory of a process and everything below it, in MB. */
const treeMemory = (pid) => {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      if (!stat) return [];
      return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) };
    });
  const tree = new Set([pid]);
  for (let grew = true; grew;) {
    grew = false;
    for (const each of parents) if (tree.has(each.parent) && !tree.has(each.pid)) grew = Boolean(tree.add(each.pid));
  }
  let kilobytes = 0;
  for (const each of tree) kilobytes += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${each}/smaps_rollup`))?.[1] ?? 0);
  return { megabytes: kilobytes / 1024, processes: tree.size };
};

try {
  await timeBadStarts(main, folder);
  const first = await start();
  const firstSeconds = await first.ready;
  figure('first start', firstSeconds, 's');
  check('a first start takes at most 15 s', firstSeconds <= 15);

  const [ada, bob] = [await signedIn('ada'), await signedIn('bob')];
  const adas = await openSocket(`${url}/ws/chat/1?token=${ada}`);
  const bobs = await openSocket(`${url}/ws/chat/1?token=${bob}`);
  await Promise.all([adas.waitFor('connected'), bobs.waitFor('connected')]);
  adas.send({ type: 'message', content: 'is anybody there tomorrow?' });
  await bobs.waitFor('message');
  check('two sockets chat', true);

  const { megabytes, processes } = treeMemory(first.child.pid);
  figure(`memory of ${processes} processes (PSS)`, megabytes, 'MB');
  check('the tree uses at most 350 MB', megabytes <= 350);

  const second = await start();
  await second.ready.catch(() => undefined);
  const { code } = await second.exited;
  const lines = second.said().trim().split('\n');
  console.log(`  a second start says: ${lines.join(' ⏎ ')}`);
  check(
    'a second start in the same folder is one clear line',
    code === 1 && lines.length === 1 && lines[0].includes(url),
  );

  const socketsClosed = Promise.all([adas.closed, bobs.closed]);
  const stopping = performance.now();
  first.child.kill('SIGINT');
  const ended = await first.exited;
  figure('Ctrl-C to gone', (performance.now() - stopping) / 1000, 's');
  check('Ctrl-C ends it with 0', ended.code === 0);
  const codes = (await socketsClosed).map((close) => close.code);
  check(
    `open sockets are closed with 1012 (restart): ${codes}`,
    codes.every((each) => each === 1012),
  );

  const later = await start();
  const laterSeconds = await later.ready;
  figure('later start', laterSeconds, 's');
  check('a later start takes at most 5 s', laterSeconds <= 5);
  const history = await ask('GET', '/api/messages/1', { token: await signedIn('ada') });
  check(
    'history is there',
    history.some(({ message }) => message === 'is anybody there tomorrow?'),
  );

  later.child.kill('SIGKILL');
  await later.exited;
  const again = await start();
  figure('start after kill -9', await again.ready, 's');
  const kept = await ask('GET', '/api/messages/1', { token: await signedIn('ada') });
  check('history is there after kill -9', kept.length === history.length);
  again.child.kill('SIGTERM');
  check('SIGTERM ends it with 0', (await again.exited).code === 0);
  const left = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/cmdline`).includes(folder));
  check('no process is left behind', left.length === 0);
} finally {
  for (const child of started) child.kill('SIGTERM');
  await Promise.all(
    started.map(({ exitCode, signalCode }, n) => exitCode === null && signalCode === null && once(started[n], 'exit')),
  );
  rmSync(folder, { recursive: true, force: true });
}
finish();
