import { randomUUID } from 'node:crypto';
import type { Client, Topics } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterEach, expect, test } from 'vitest';
import { type Given, givenTopics } from './testing/fixtures.js';

type Channel = Parameters<Client<Topics>['import']['channels']>[0]['rows'][number];

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const importer = { principal: { kind: 'system', realm: 'main', service: 'importer' } } as const;
const source = 'rooms of a test';

const given = async (): Promise<Given & { readonly importId: string }> => {
  const made = await givenTopics();
  undo.push(async () => made[Symbol.asyncDispose]());
  const importId = randomUUID();
  await made.topics.import.begin({ importId, source }, importer);
  return { ...made, importId };
};

const channel = (more: Partial<Channel>): Channel => ({
  id: randomUUID(),
  number: null,
  kind: 'room',
  title: '',
  slug: null,
  metadata: {},
  metadataText: null,
  createdBy: null,
  createdAt: null,
  pair: null,
  ...more,
});

test('channels keep their numbers and get the slugs of their titles where these are free', async () => {
  const { topics, importId, account, system } = await given();
  const ada = account('ada');
  const rows = [
    channel({ number: 12, title: 'General' }),
    channel({ number: 9, title: 'General' }),
    channel({ kind: 'topic', title: 'Sensors', slug: 'sensors:1', metadata: { a: 1 }, metadataText: '{"a":1.0}' }),
    channel({ kind: 'group', title: 'Two of us', createdBy: ada.id }),
  ];
  expect(await topics.import.channels({ importId, rows }, importer)).toEqual({ added: 4 });
  expect(await topics.import.channels({ importId, rows }, importer)).toEqual({ added: 0 });
  await topics.import.finish({ importId }, importer);
  const { channels } = await eventually(() => topics.channel.list({ kinds: ['room', 'topic', 'group'] }, system));
  expect(channels.map(({ number, slug, metadataText }) => [number, slug, metadataText])).toEqual([
    [14, null, null],
    [13, 'sensors:1', '{"a":1.0}'],
    [12, 'General', null],
    [9, null, null],
  ]);
  const made = await topics.channel.create({ kind: 'room', title: 'New', creationKey: 'k' }, ada);
  expect(made.number).toBe(15);
});

test('member counts and versions fit, however often a group is sent', async () => {
  const { topics, importId, account, system } = await given();
  const [ada, eve, bob] = [account('ada'), account('eve'), account('bob')];
  const [group, direct, note] = [
    channel({ kind: 'group', title: 'Us' }),
    channel({ kind: 'direct', pair: [eve.id, ada.id] }),
    channel({ kind: 'direct', pair: [ada.id, ada.id] }),
  ];
  await topics.import.channels({ importId, rows: [group, direct, note] }, importer);
  const seats = [ada, eve, bob].map(({ id }, index) => ({
    channelId: group.id,
    accountId: id,
    role: index === 0 ? ('owner' as const) : ('member' as const),
    joinedAt: '2024-05-04T10:20:30.000000Z',
  }));
  expect(await topics.import.members({ importId, rows: seats.slice(0, 2) }, importer)).toEqual({ added: 2 });
  expect(await topics.import.members({ importId, rows: seats }, importer)).toEqual({ added: 1 });
  expect(await topics.import.snapshots({ importId, after: 0, limit: 10 }, importer)).toMatchObject([
    { id: group.id, membershipVersion: 3 },
    { id: direct.id, membershipVersion: 2 },
    { id: note.id, membershipVersion: 1 },
  ]);
  await topics.import.finish({ importId }, importer);
  const ids = [group.id, direct.id, note.id] as Parameters<typeof topics.channel.memberCounts>[0]['ids'];
  const counts = await topics.channel.memberCounts({ ids }, system);
  expect(new Map(counts.map(({ channelId, memberCount }) => [channelId, memberCount]))).toEqual(
    new Map([
      [group.id, 3],
      [direct.id, 2],
      [note.id, 1],
    ]),
  );
  const opened = await eventually(() => topics.channel.openDirect({ with: eve.id }, ada));
  expect(opened.id).toBe(direct.id);
  await topics.member.leave({ channelId: opened.id === direct.id ? (group.id) : opened.id }, bob);
  expect(await topics.channel.get({ reference: { number: 1 } }, ada)).toMatchObject({ membershipVersion: 4 });
});

test('nobody finds or makes a channel of a realm that is being imported', async () => {
  const { topics, importId, account, system } = await given();
  await topics.import.channels({ importId, rows: [channel({ title: 'General' })] }, importer);
  const ada = account('ada');
  const refused = { code: 'unavailable', reason: 'realm_importing' };
  await expect(topics.channel.list({ kinds: ['room'] }, system)).rejects.toMatchObject(refused);
  await expect(topics.channel.get({ reference: { number: 1 } }, ada)).rejects.toMatchObject(refused);
  await expect(topics.channel.create({ kind: 'room', title: 'New' }, ada)).rejects.toMatchObject(refused);
});

test('a realm with channels, another source and a foreign channel are refused', async () => {
  const { topics, importId, account } = await given();
  await expect(topics.import.begin({ importId, source: 'other' }, importer)).rejects.toMatchObject({
    reason: 'import_other_source',
  });
  const mesh = { principal: { ...importer.principal, realm: 'mesh' } };
  await topics.channel.create({ kind: 'room', title: 'There' }, account('eve', 'mesh'));
  await expect(topics.import.begin({ importId, source }, mesh)).rejects.toMatchObject({ reason: 'realm_not_empty' });
  const seat = { channelId: randomUUID(), accountId: randomUUID(), role: 'member' as const, joinedAt: null };
  await expect(topics.import.members({ importId, rows: [seat] }, importer)).rejects.toMatchObject({
    reason: 'channel_not_found',
  });
  const twins = [channel({ kind: 'topic', slug: 'a', title: 'a' }), channel({ kind: 'topic', slug: 'a', title: 'a' })];
  await expect(topics.import.channels({ importId, rows: twins }, importer)).rejects.toMatchObject({
    reason: 'slug_taken',
  });
});

test('nobody but the importer may call these operations', async () => {
  const { topics, importId, account, system } = await given();
  for (const caller of [account('ada'), system]) {
    const refused = { code: 'forbidden', reason: 'system_only' };
    await expect(topics.import.begin({ importId, source }, caller)).rejects.toMatchObject(refused);
    await expect(topics.import.channels({ importId, rows: [channel({})] }, caller)).rejects.toMatchObject(refused);
    await expect(topics.import.snapshots({ importId, after: 0, limit: 1 }, caller)).rejects.toMatchObject(refused);
    await expect(topics.import.finish({ importId }, caller)).rejects.toMatchObject(refused);
  }
});
