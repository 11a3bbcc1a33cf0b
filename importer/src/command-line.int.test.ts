import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auth, topics } from '@parley/contracts';
import { openDataFolder } from '@parley/standalone/data-folder';
import { freePort } from '@parley/testing';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { afterEach, expect, test } from 'vitest';
import { runCommandLine } from './command-line.js';
import { makeRoomsDatabase } from './testing/rooms-database.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const given = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  // As root, the test runs PostgreSQL as another user, which has to enter the folder.
  chmodSync(folder, 0o755);
  const old = join(folder, 'chat.db');
  const hash = await bcrypt('old secret', { cost: 4 });
  makeRoomsDatabase(old, {
    users: [
      [1, 'ada', hash, null, null, '2024-01-01 00:00:00'],
      [5, 'eve', hash, null, null, '2024-01-01 00:00:00'],
    ],
    rooms: [[3, 'General', '2024-01-01 00:00:00']],
    messages: [[9, 'hello', 'text', null, null, null, null, '2024-01-02 00:00:00', 3, 5]],
  });
  const run = async (words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    const [out, error] = [[] as string[], [] as string[]];
    const code = await runCommandLine(words, {
      environment,
      out: { write: (text) => out.push(text) },
      error: { write: (text) => error.push(text) },
      signal: new AbortController().signal,
    });
    return { code, out: out.join(''), error: error.join('') };
  };
  return { folder, old, run, report: join(folder, 'report.jsonl') };
};

test('a stopped standalone is filled, a second run adds nothing, and one that runs is left alone', async () => {
  const { folder, old, run, report } = await given();
  const data = join(folder, 'data');
  const words = ['import', 'rooms', old, '--folder', data, '--report', report];
  const first = await run(words);
  expect([first.error, first.code]).toEqual(['', 0]);
  expect(first.out).toMatch(
    /Imported rooms into the realm rooms of the folder .*data: 5 records in .*Clients can sign in\./,
  );
  expect(readFileSync(report, 'utf8')).toMatch(/"type":"message","sourceId":"9","id":"[0-9a-f-]{36}","number":1/);
  const second = await run(words);
  expect(second).toMatchObject({ code: 0, error: '' });
  expect(second.out).toContain('nothing was added');

  const opened = await openDataFolder({ PARLEY_FOLDER: data, PARLEY_LOG_LEVEL: 'fatal' }, () => undefined);
  undo.push(() => opened.close());
  const anonymous = { principal: { kind: 'anonymous', realm: 'rooms', dialect: 'rooms' } } as const;
  const signIn = { login: 'eve', by: 'username', password: 'old secret' } as const;
  const { account } = await opened.bus.client(auth).token.signIn(signIn, anonymous);
  expect(account.number).toBe(5);
  const gateway = { principal: { kind: 'system', realm: 'rooms', service: 'gateway' } } as const;
  const { channels } = await opened.bus.client(topics).channel.list({ kinds: ['room'] }, gateway);
  expect(channels.map(({ number, title }) => [number, title])).toEqual([[3, 'General']]);
  const beside = await run(words);
  expect(beside.code).toBe(1);
  expect(beside.error).toMatch(
    /^Parley already runs in .*: stop it first, or start in another folder \(--folder\)\.\n$/,
  );
});

test('what is in the way is one sentence and exit code 1', async () => {
  const { folder, old, run, report } = await given();
  const port = await freePort();
  const nowhere = { NATS_URL: `nats://127.0.0.1:${port}` };
  const refusals: readonly (readonly [string[], RegExp, Record<string, string>?])[] = [
    [['import', 'room', old], /'room' is invalid for argument 'server'/],
    [['import', 'rooms'], /missing required argument/],
    [['import', 'rooms', old, '--realm', 'Rooms'], /^--realm: a realm is 1 to 32 of a-z, 0-9 and -/],
    [['import', 'rooms', join(folder, 'none.db')], /^There is no file .*none\.db\.$/],
    [['import', 'mesh', `postgres://127.0.0.1:${port}/old`, '--dry-run'], /PostgreSQL|connect/],
    [['import', 'rooms', old, '--report', report], /^NATS_URL: no NATS answers at 127\.0\.0\.1:\d+\.$/, nowhere],
    [['import', 'rooms', old, '--folder', folder], /^NATS_URL and --folder name two targets/, nowhere],
  ];
  for (const [words, sentence, environment] of refusals) {
    const { code, error } = await run(words, environment);
    expect([words[1], code]).toEqual([words[1], 1]);
    expect(error.trimEnd()).toMatch(sentence);
    expect(error.trimEnd().split('\n').length, error).toBeLessThanOrEqual(2);
  }
});

test('a dry run reads the source and writes the report, without a target', async () => {
  const { old, run, report } = await given();
  const { code, out } = await run(['import', 'rooms', old, '--dry-run', '--report', report], {
    NATS_URL: 'nats://127.0.0.1:1',
  });
  expect(code).toBe(0);
  expect(out).toContain('To be moved: 2 accounts, 1 channels, 1 messages, 1 reads.');
  expect(readFileSync(report, 'utf8').split('\n')[0]).toContain('"dryRun":true');
});
