import { eventually } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, beforeAll, expect, test } from 'vitest';
import { givenTopics, type Given, type Somebody } from './testing/fixtures.js';
import { membershipsOf } from './testing/memberships.js';

let given: Given;
let memberships: ReturnType<typeof membershipsOf>;
let ada: Somebody, bob: Somebody;
beforeAll(async () => {
  given = await givenTopics();
  memberships = membershipsOf(given);
});
beforeEach(() => {
  [ada, bob] = [given.account('ada'), given.account('bob')];
});
afterAll(() => given[Symbol.asyncDispose]());

const make = (kind: 'room' | 'group' | 'topic', ...memberIds: Somebody['id'][]) =>
  given.topics.channel.create({ kind, title: randomUUID(), memberIds }, ada);

test('when an account is deleted its memberships end, its groups find an heir, and again nothing happens', async () => {
  const [room, group] = [await make('room', bob.id), await make('group', bob.id)];
  const direct = await given.topics.channel.openDirect({ with: ada.id }, bob);
  given.forget(ada);
  const publish = () =>
    given.bus.publish({ name: 'account.deleted', realm: 'main', accountId: ada.id } as { name: string }, [
      { kind: 'account', id: ada.id },
    ]);
  publish();
  await eventually(async () => {
    for (const channel of [room, group]) expect(await memberships.rolesIn(channel)).toEqual({ [bob.id]: 'owner' });
    expect(await memberships.rolesIn(direct)).toEqual({ [bob.id]: 'member' });
  });
  publish();
  await memberships.expectPublished(group, 'added', 'added', 'removed', 'changed');
  await memberships.expectPublished(direct, 'added', 'added', 'removed');
  const reopening = given.topics.channel.openDirect({ with: ada.id }, bob);
  await expect(reopening).rejects.toMatchObject({ code: 'not_found', reason: 'account_not_found' });
});

test('an account whose deletion event was lost leaves its channels once auth is asked; who exists stays', async () => {
  const [room, group] = [await make('room', bob.id), await make('group', bob.id)];
  // More accounts than one request may have.
  const accounts = Array.from({ length: 501 }, (_, n) => given.account(`crowd-${n}`));
  const hall = await make('group', ...accounts.slice(0, 499).map(({ id }) => id));
  for (const one of accounts.slice(499)) await given.topics.member.join({ channelId: room.id }, one);
  await given.checkAccounts();
  expect(await memberships.rolesIn(group)).toEqual({ [ada.id]: 'owner', [bob.id]: 'member' });
  const leaving = [ada, ...accounts.filter((_, n) => n % 100 === 0)];
  for (const one of leaving) given.forget(one);
  await given.checkAccounts();
  expect(await memberships.rolesIn(group)).toEqual({ [bob.id]: 'owner' });
  await memberships.expectPublished(group, 'added', 'added', 'removed', 'changed');
  const counts = await given.topics.channel.memberCounts({ ids: [hall.id] }, given.system);
  expect(counts).toEqual([{ channelId: hall.id, memberCount: 499 - 5 }]);
  expect(Object.keys(await memberships.rolesIn(room)).sort()).toEqual([bob.id, accounts[499]?.id].sort());
});

test('a direct channel whose other account was deleted is read and not written, by its id as by the account', async () => {
  const direct = await given.topics.channel.openDirect({ with: ada.id }, bob);
  given.forget(ada);
  given.bus.publish({ name: 'account.deleted', realm: 'main', accountId: ada.id } as { name: string }, [
    { kind: 'account', id: ada.id },
  ]);
  await eventually(async () => expect(await memberships.rolesIn(direct)).toEqual({ [bob.id]: 'member' }));
  for (const target of [{ channelId: direct.id }, { directWith: ada.id }]) {
    const writing = given.topics.member.authorize({ target, to: 'write' }, bob);
    await expect(writing).rejects.toMatchObject({ code: 'not_found', reason: 'account_not_found' });
  }
  const reading = given.topics.member.authorize({ target: { channelId: direct.id }, to: 'read' }, bob);
  await expect(reading).resolves.toMatchObject({ channel: { id: direct.id } });
});

test('a note to oneself stays writable', async () => {
  const note = await given.topics.channel.openDirect({ with: bob.id }, bob);
  await given.topics.member.authorize({ target: { channelId: note.id }, to: 'write' }, bob);
});

test('a forged report of a deletion removes nothing: auth is asked', async () => {
  const room = await make('room', bob.id);
  const carl = given.account('carl');
  await given.topics.member.join({ channelId: room.id }, carl);
  given.forget(carl);
  for (const { id } of [bob, carl])
    given.bus.publish({ name: 'account.deleted', realm: 'main', accountId: id } as { name: string }, [
      { kind: 'account', id },
    ]);
  await eventually(async () => expect(Object.keys(await memberships.rolesIn(room))).not.toContain(carl.id));
  expect(await memberships.rolesIn(room)).toEqual({ [ada.id]: 'owner', [bob.id]: 'member' });
});
