import { type Channel } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { givenTopics, type Given, type Somebody } from './testing/fixtures.js';

let given: Given;
let ada: Somebody, bob: Somebody, far: Somebody;
beforeAll(async () => {
  given = await givenTopics();
  ada = given.account('ada');
  bob = given.account('bob');
  far = given.account('far', 'rooms');
});
afterAll(() => given[Symbol.asyncDispose]());

const titles = (page: { channels: Channel[] }) => page.channels.map((channel) => channel.title);
const room = (title: string, by = ada) => given.topics.channel.create({ kind: 'room', title }, by);
const nobodysId = () => randomUUID() as Channel['id'];

describe('get', () => {
  test('by id, number, slug, and by title in any case, where the oldest wins', async () => {
    const first = await room('Straße');
    await room('STRASSE');
    const { get } = given.topics.channel;
    for (const reference of [
      { id: first.id },
      { number: first.number },
      { slug: 'Straße' },
      { title: 'sTRASSe', kind: 'room' as const },
    ]) {
      expect((await get({ reference }, bob)).id).toBe(first.id);
    }
    await expect(get({ reference: { slug: 'straße' } }, bob)).rejects.toMatchObject({ reason: 'channel_not_found' });
  });

  test('another realm finds nothing, by no reference', async () => {
    const here = await room('Walled');
    for (const reference of [{ id: here.id }, { slug: 'Walled' }, { title: 'Walled', kind: 'room' as const }]) {
      await expect(given.topics.channel.get({ reference }, far)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  test('a group is found by its members only, and strangers’ groups do not stand before one’s own', async () => {
    const hers = await given.topics.channel.create({ kind: 'group', title: 'Plans' }, ada);
    const his = await given.topics.channel.create({ kind: 'group', title: 'Plans' }, bob);
    const byTitle = { reference: { title: 'plans', kind: 'group' as const } };
    expect((await given.topics.channel.get(byTitle, ada)).id).toBe(hers.id);
    expect((await given.topics.channel.get(byTitle, bob)).id).toBe(his.id);
    await expect(given.topics.channel.get({ reference: { id: hers.id } }, bob)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await given.topics.channel.get({ reference: { id: hers.id } }, given.system)).id).toBe(hers.id);
  });
});

test('direct channels are listed by id with their other member, for their members only', async () => {
  const [ada, bob, mal] = [given.account('one'), given.account('two'), given.account('three')];
  const { openDirect, directs } = given.topics.channel;
  const [withBob, withSelf] = [await openDirect({ with: bob.id }, ada), await openDirect({ with: ada.id }, ada)];
  const group = await given.topics.channel.create({ kind: 'group', title: 'No direct channel' }, ada);
  const ids = [withBob, withSelf, group].map(({ id }) => id);
  const found = await directs({ ids }, ada);
  expect(new Map(found.map(({ channel, partnerId }) => [channel.id, partnerId]))).toEqual(
    new Map([
      [withBob.id, bob.id],
      [withSelf.id, ada.id],
    ]),
  );
  expect((await directs({ ids }, bob)).map(({ partnerId }) => partnerId)).toEqual([ada.id]);
  expect(await directs({ ids }, mal)).toEqual([]);
});

describe('list', () => {
  test('newest first, page by page, each channel once', async () => {
    const caller = given.account('lister', 'lists');
    for (const n of [1, 2, 3, 4, 5]) await room(`r${n}`, caller);
    const { list } = given.topics.channel;
    const one = await list({ kinds: ['room', 'topic'], limit: 2 }, caller);
    expect(titles(one)).toEqual(['r5', 'r4']);
    const two = await list({ kinds: ['room', 'topic'], limit: 2, before: one.next ?? 0 }, caller);
    const three = await list({ kinds: ['room', 'topic'], limit: 2, before: two.next ?? 0 }, caller);
    expect([...titles(two), ...titles(three)]).toEqual(['r3', 'r2', 'r1']);
    expect(three.next).toBeNull();
  });

  test('shows open channels and own private ones; joined shows only where one is a member', async () => {
    const [eve, mal] = [given.account('eve', 'shows'), given.account('mal', 'shows')];
    await room('open', eve);
    await given.topics.channel.create({ kind: 'group', title: 'private' }, eve);
    const kinds = ['room' as const, 'group' as const, 'direct' as const];
    expect(titles(await given.topics.channel.list({ kinds }, eve))).toEqual(['private', 'open']);
    expect(titles(await given.topics.channel.list({ kinds }, mal))).toEqual(['open']);
    expect(titles(await given.topics.channel.list({ kinds, joined: true }, eve))).toEqual(['private', 'open']);
    expect(titles(await given.topics.channel.list({ kinds, joined: true }, mal))).toEqual([]);
    const system = { principal: { ...given.system.principal, realm: 'shows' } };
    expect(titles(await given.topics.channel.list({ kinds }, system))).toEqual(['private', 'open']);
  });

  test('a page of heavy metadata ends before the bus would refuse it', async () => {
    const caller = given.account('heavy', 'heavy');
    const metadata = { long: 'x'.repeat(4000) };
    for (let n = 0; n < 150; n += 1)
      await given.topics.channel.create({ kind: 'room', title: `h${n}`, metadata }, caller);
    const seen: string[] = [];
    let before: number | null | undefined;
    do {
      const page = await given.topics.channel.list({ kinds: ['room'], limit: 200, ...(before && { before }) }, caller);
      expect(Buffer.byteLength(JSON.stringify(page.channels))).toBeLessThan(530 * 1024);
      seen.push(...titles(page));
      before = page.next;
    } while (before !== null);
    expect(seen).toEqual(Array.from({ length: 150 }, (_, n) => `h${149 - n}`));
  });

  test('pages and titles are index scans', async () => {
    const plan = async (sql: string) =>
      JSON.stringify(
        await given.database.knex.transaction(async (tx) => {
          await tx.raw('set local enable_seqscan = off');
          await tx.raw('set local enable_sort = off');
          return (await tx.raw<{ rows: unknown[] }>(`explain ${sql}`)).rows;
        }),
      );
    const newest = await plan(
      `select * from channels where realm='r' and kind='room' and number<9 order by number desc limit 5`,
    );
    expect(newest).toContain('channels_newest');
    const joined = await plan(
      `select * from members where account_id='${ada.id}' and channel_number<9 order by channel_number desc limit 5`,
    );
    expect(joined).toContain('members_newest');
    const title = await plan(
      `select * from channels where realm='r' and kind='room' and folded_title='t' order by number limit 1`,
    );
    expect(title).toContain('channels_title');
    for (const one of [newest, joined, title]) expect(one).not.toContain('Sort');
  });
});

describe('rename and close', () => {
  test('owners and admins rename, and it is published once', async () => {
    const made = await room('Old');
    expect(await given.topics.channel.rename({ channelId: made.id, title: 'New' }, ada)).toMatchObject({
      title: 'New',
      slug: 'Old',
    });
    await given.topics.channel.rename({ channelId: made.id, title: 'New' }, ada);
    await expect(given.topics.channel.rename({ channelId: made.id, title: 'No' }, bob)).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'not_manager',
    });
    await given.topics.channel.rename({ channelId: made.id, title: 'Newer' }, ada);
    const published = () =>
      given.received.flatMap(({ event }) =>
        event.name === 'channel.changed' && event.channel.id === made.id ? event.channel.title : [],
      );
    await eventually(() => expect(published()).toEqual(['New', 'Newer']));
    expect((await given.topics.channel.get({ reference: { title: 'NEWER', kind: 'room' } }, bob)).id).toBe(made.id);
  });

  test('a closed channel is read by its members, and nobody writes, joins or is added', async () => {
    const made = await given.topics.channel.create({ kind: 'topic', title: 'Ends', memberIds: [bob.id] }, ada);
    await expect(given.topics.channel.close({ channelId: made.id }, bob)).rejects.toMatchObject({
      reason: 'not_owner',
    });
    const closed = await given.topics.channel.close({ channelId: made.id }, ada);
    expect(closed.closedAt).not.toBeNull();
    expect(await given.topics.channel.close({ channelId: made.id }, ada)).toEqual(closed);
    const authorize = (to: 'read' | 'write') =>
      given.topics.member.authorize({ target: { channelId: made.id }, to }, bob);
    await authorize('read');
    await expect(authorize('write')).rejects.toMatchObject({ code: 'forbidden', reason: 'closed' });
    const cid = given.account('cid');
    await expect(given.topics.member.join({ channelId: made.id }, cid)).rejects.toMatchObject({ reason: 'closed' });
    const adding = given.topics.member.add({ channelId: made.id, accountId: cid.id }, ada);
    await expect(adding).rejects.toMatchObject({ reason: 'closed' });
  });

  test('unknown channels and those of another realm are not found', async () => {
    const theirs = await room('Theirs', far);
    for (const channelId of [nobodysId(), theirs.id]) {
      const gone = { code: 'not_found', reason: 'channel_not_found' };
      await expect(given.topics.channel.rename({ channelId, title: 'X' }, ada)).rejects.toMatchObject(gone);
      await expect(given.topics.channel.close({ channelId }, ada)).rejects.toMatchObject(gone);
    }
  });
});

test('versions are for services, and unknown ids or those of another realm are left out', async () => {
  const [here, there] = [await room('V'), await room('V', far)];
  const ids = [here.id, there.id, nobodysId()];
  await expect(given.topics.channel.versions({ ids }, ada)).rejects.toMatchObject({ code: 'forbidden' });
  expect(await given.topics.channel.versions({ ids }, given.system)).toEqual([
    { channelId: here.id, membershipVersion: 1 },
  ]);
});

test('an account makes so many channels and no more, direct ones with them', async () => {
  await using small = await givenTopics({ PARLEY_CHANNELS_PER_ACCOUNT_MAX: '2' });
  const [busy, friend] = [small.account('busy'), small.account('friend')];
  await small.topics.channel.create({ kind: 'room', title: '1' }, busy);
  await small.topics.channel.openDirect({ with: friend.id }, busy);
  const full = { code: 'exhausted', reason: 'too_many_channels' };
  await expect(small.topics.channel.create({ kind: 'room', title: '3' }, busy)).rejects.toMatchObject(full);
  await expect(small.topics.channel.openDirect({ with: busy.id }, busy)).rejects.toMatchObject(full);
  await small.topics.channel.openDirect({ with: friend.id }, busy);
});

test('a channel made without joining it has no member, and its maker may join it like anybody', async () => {
  const topic = await given.topics.channel.create({ kind: 'topic', title: 'Kitchen', asMember: false }, ada);
  expect(topic).toMatchObject({ createdBy: ada.id, membershipVersion: 0 });
  const counts = () => given.topics.channel.memberCounts({ ids: [topic.id, nobodysId()] }, given.system);
  expect(await counts()).toEqual([{ channelId: topic.id, memberCount: 0 }]);
  await given.topics.member.join({ channelId: topic.id }, ada);
  expect(await counts()).toEqual([{ channelId: topic.id, memberCount: 1 }]);
  await expect(given.topics.channel.memberCounts({ ids: [topic.id] }, ada)).rejects.toMatchObject({
    code: 'forbidden',
  });
});
