// What `npm start` shows: lines for a person on a terminal, JSON elsewhere.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@parley/testing';
import { afterAll, afterEach, expect, test } from 'vitest';

const main = new URL('../../services/standalone/dist/src/main.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'parley-test-terminal-'));
// As root its PostgreSQL runs as another user, who has to get in.
chmodSync(folder, 0o755);
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a pseudo terminal; that of macOS takes other words. */
const hasTerminal = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;
if (!hasTerminal) process.stderr.write('No terminal is tested: there is no `script` of util-linux\n');

const start = (command: string, words: readonly string[]) => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(PARLEY_|HOST$|PORT$|.*_URL$|NO_COLOR)/.test(name),
  );
  const child = spawn(command, words, {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      TERM: 'xterm',
      PORT: '0',
      PARLEY_FOLDER: join(folder, 'data'),
      SECRET_KEY: 'hidden-secret-of-an-old-server',
      PARLEY_SECRTE: 'hidden-slip',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  undo.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const ready = async (): Promise<string> => {
    await eventually(() => said.includes('Parley is ready') || child.exitCode !== null, { withinMs: 90_000 });
    const url = /Parley is ready: (http:\/\/[\d.:]+)/.exec(said)?.[1];
    if (url === undefined) throw new Error(`It did not start: ${said}`);
    return url;
  };
  return { child, ready, ended, said: () => said.replaceAll('\r\n', '\n') };
};

const reasons = [
  'SECRET_KEY belongs to an old server and is ignored; Parley uses PARLEY_SECRET',
  'PARLEY_SECRTE is not a variable of Parley and has no effect; did you mean PARLEY_SECRET?',
];

test.skipIf(!hasTerminal)(
  'a terminal shows progress, addresses, how to sign in and a readable log',
  async () => {
    const { child, ready, ended, said } = start('script', ['-qefc', `exec ${process.execPath} ${main}`, '/dev/null']);
    const url = await ready();
    await eventually(() => said().includes('Ctrl-C stops it.'));
    const lines = said().split('\n');
    const at = (part: string): number => lines.findIndex((line) => line.includes(part));
    const inOrder = ['Starting PostgreSQL', 'Preparing the database', 'Parley is ready', 'Ctrl-C stops it.'].map(at);
    expect(inOrder).not.toContain(-1);
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    for (const part of [`${url}/test`, `${url}/docs`, 'user1 with password123', join(folder, 'data')])
      expect(said()).toContain(part);
    for (const reason of reasons) expect(lines[at(reason)]).toMatch(/WARN/);
    expect(said()).not.toMatch(/"level"|hidden/);

    const credentials = { username: 'user1', password: 'password123' };
    const headers = { 'content-type': 'application/json' };
    const signIn = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body: JSON.stringify(credentials) });
    expect(signIn.status).toBe(200);
    expect((await fetch(`${url}/test`)).status).toBe(200);

    child.stdin.write('\u0003');
    expect(await ended).toBe(0);
  },
  150_000,
);

test('elsewhere each line is JSON, and says where it listens', async () => {
  const { child, ready, ended, said } = start(process.execPath, [main]);
  const url = await ready();
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  const entries = said()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string });
  expect(entries.map(({ msg }) => msg)).toEqual(expect.arrayContaining([...reasons, `Parley is ready: ${url}`]));
  for (const { level, msg } of entries) if (reasons.includes(msg)) expect(level).toBe('warn');
  expect(said()).not.toContain('hidden');
}, 150_000);
