import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { eventually } from '@parley/testing';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { createProgress } from './progress.js';
import type { Source } from './records.js';
import { runImport } from './run-import.js';
import { type GivenOwners, givenOwners } from './testing/given-owners.js';
import { type ListedSource, listedSource, roomsParts } from './testing/listed-source.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

let password = '';
beforeAll(async () => {
  password = await bcrypt('old secret', { cost: 4 });
});
const counts = { accounts: 25, rooms: 3, messages: 95 };
const parts = () => roomsParts(counts, password);

interface Line {
  readonly type: string;
  readonly sourceId?: string;
  readonly number?: number;
  readonly row?: string;
  readonly added?: number;
}

const given = async () => {
  const owners = await givenOwners();
  undo.push(() => owners[Symbol.asyncDispose]());
  const folder = mkdtempSync(join(tmpdir(), 'parley-import-'));
  undo.push(() => rmSync(folder, { recursive: true }));
  const reportFile = join(folder, 'report.jsonl');
  const said: string[] = [];
  const run = (source: Source, more: { realm?: string; dryRun?: boolean; signal?: AbortSignal } = {}) =>
    runImport({
      realm: 'rooms',
      dryRun: false,
      signal: new AbortController().signal,
      ...more,
      reportFile,
      progress: createProgress({ write: (text) => said.push(text) }),
      openSource: async () => source,
      openTarget: owners.openTarget,
    });
  const report = (type: string): Line[] =>
    readFileSync(reportFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.type === type);
  return { ...owners, run, report, said };
};

const importer = { principal: { kind: 'system', realm: 'rooms', service: 'importer' } } as const;
const gateway = { principal: { ...importer.principal, service: 'gateway' } };
const anonymous = { principal: { kind: 'anonymous', realm: 'rooms', dialect: 'rooms' } } as const;

/** What clients see of each room: its head, and its messages in their order. */
const roomsOf = async ({ owners }: GivenOwners) => {
  const { channels } = await eventually(() => owners.topics.channel.list({ kinds: ['room'] }, gateway));
  const pages = channels.map(async ({ id: channelId, number }) => {
    const { head, messages } = await owners.chat.message.list({ channelId, limit: 500 }, gateway);
    return {
      number,
      head,
      messages: messages.map(({ content, sequence, sender, number: now }) => [content, sequence, sender.name, now]),
    };
  });
  return Promise.all(pages);
};

const expectWhole = async (made: Awaited<ReturnType<typeof given>>): Promise<void> => {
  const rooms = await roomsOf(made);
  expect(rooms.map(({ number, head }) => [number, head])).toEqual([
    [3, 32],
    [2, 32],
    [1, 31],
  ]);
  const numbers = new Map(made.report('message').map(({ sourceId, number }) => [sourceId, number]));
  expect(numbers.size).toBe(counts.messages);
  for (const { number: room, messages } of rooms) {
    const expected = Array.from({ length: counts.messages }, (_, index) => index + 1)
      .filter((number) => 1 + (number % counts.rooms) === room)
      .map((number, index) => [
        { type: 'text', text: `message ${number}` },
        index + 1,
        `user-${1 + (number % counts.accounts)}`,
        numbers.get(String(number)),
      ]);
    expect(messages).toEqual(expected);
  }
};

test('what a source has is there afterwards: old passwords, numbers, order, read positions; a second run adds nothing', async () => {
  const made = await given();
  await made.run(listedSource({ parts: parts() }));
  const signIn = () =>
    made.owners.auth.token.signIn({ login: 'user-7', by: 'username', password: 'old secret' }, anonymous);
  const { account, sessionId } = await eventually(signIn);
  expect(account.number).toBe(7);
  await expectWhole(made);
  const first = await eventually(() => made.owners.auth.account.find({ reference: { username: 'user-1' } }, gateway));
  const { channels } = await made.owners.topics.channel.list({ kinds: ['room'] }, gateway);
  const { id: accountId = account.id, number = 0, handle = '', name = '' } = first ?? {};
  const principal = {
    kind: 'account',
    realm: 'rooms',
    dialect: 'rooms',
    accountId,
    number,
    handle,
    name,
    sessionId,
  } as const;
  const summaries = await made.owners.chat.channel.summaries(
    { channelIds: channels.map(({ id }) => id) },
    { principal },
  );
  // The source of rooms says how far each account has read: the first message of each room, whatever user-1 sent later.
  expect(summaries.map(({ head, unread }) => head - unread)).toEqual([1, 1, 1]);
  await made.run(listedSource({ parts: parts() }));
  expect(made.said.at(-1)).toContain('nothing was added');
  expect(made.report('total').at(-1)).toMatchObject({ added: 0 });
  await expectWhole(made);
});

test('an import that was interrupted goes on where it was, and ends as one that was not', async () => {
  const made = await given();
  for (const stopAt of [2, 6, 9]) {
    const interrupted = new AbortController();
    const onPage: ListedSource['onPage'] = (index, { part }) => {
      // The first reading of a run is the check.
      readings += index === 0 ? 1 : 0;
      if (readings === 2 && part !== 'reads' && index === stopAt) interrupted.abort();
    };
    let readings = 0;
    await expect(
      made.run(listedSource({ parts: parts(), onPage }), { signal: interrupted.signal }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(
      await made.owners.auth.import.find({}, { principal: { ...importer.principal, service: 'sample-data' } }),
    ).toMatchObject({
      finishedAt: null,
    });
    const login = { login: 'user-1', by: 'username', password: 'old secret' } as const;
    await expect(made.owners.auth.token.signIn(login, anonymous)).rejects.toMatchObject({ reason: 'realm_importing' });
  }
  await made.run(listedSource({ parts: parts() }));
  await expectWhole(made);
});

test('with a row that cannot be moved nothing is written, and the report names it; a dry run writes nothing either', async () => {
  const made = await given();
  const finding = { rule: 7, table: 'users', row: '12', what: 'It cannot be moved' };
  const refused = { part: 'accounts' as const, findings: [{ ...finding, outcome: 'refused' as const }] };
  await expect(made.run(listedSource({ parts: [...parts(), refused] }))).rejects.toThrow(
    /Nothing was written: 1 rows of rooms cannot be moved/,
  );
  expect(made.report('finding')).toMatchObject([finding]);
  const mended = { part: 'accounts' as const, findings: [{ ...finding, outcome: 'mended' as const }] };
  await made.run(listedSource({ parts: [...parts(), mended] }), { dryRun: true });
  expect(made.said.join('')).toContain('To be moved: 25 accounts, 3 channels, 95 messages, 3 reads.');
  const find = { principal: { ...importer.principal, service: 'sample-data' } };
  expect(await made.owners.auth.import.find({}, find)).toBeNull();
});

test('what is in the way is one sentence', async () => {
  const made = await given();
  await made.run(listedSource({ parts: parts() }));
  const other = listedSource({ parts: parts(), fingerprint: 'e'.repeat(64) });
  await expect(made.run(other)).rejects.toMatchObject({
    name: 'StartError',
    message: 'The realm rooms was imported from another source.',
  });
  await made.owners.auth.account.register(
    { username: 'ada' },
    { principal: { ...anonymous.principal, realm: 'mesh' } },
  );
  await expect(made.run(listedSource({ parts: parts() }), { realm: 'mesh' })).rejects.toThrow(/mesh is not empty/);
  await expect(made.run(listedSource({ parts: parts() }), { realm: 'nowhere' })).rejects.toThrow(/no realm nowhere/);
});
