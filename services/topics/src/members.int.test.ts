import type { Channel } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, beforeAll, describe, expect, test } from 'vitest';
import { givenTopics, type Given, type Somebody } from './testing/fixtures.js';
import { membershipsOf } from './testing/memberships.js';

let given: Given;
let memberships: ReturnType<typeof membershipsOf>;
let ada: Somebody, bob: Somebody, cid: Somebody, far: Somebody;
beforeAll(async () => {
  given = await givenTopics();
  memberships = membershipsOf(given);
});
beforeEach(() => {
  [ada, bob, cid] = [given.account('ada'), given.account('bob'), given.account('cid')];
  far = given.account('far', 'rooms');
});
afterAll(() => given[Symbol.asyncDispose]());

const make = (kind: 'room' | 'group' | 'topic', ...memberIds: Somebody['id'][]) =>
  given.topics.channel.create({ kind, title: randomUUID(), memberIds }, ada);

describe('join', () => {
  test('twenty at once make one member and one step', async () => {
    const topic = await make('topic');
    const joined = await Promise.all(
      Array.from({ length: 20 }, () => given.topics.member.join({ channelId: topic.id }, bob)),
    );
    expect(new Set(joined.map((member) => JSON.stringify(member))).size).toBe(1);
    expect(joined[0]).toMatchObject({ accountId: bob.id, role: 'member' });
    await memberships.expectPublished(topic, 'added', 'added');
  });

  test('twenty accounts at once are twenty members and twenty steps', async () => {
    const room = await make('room');
    const many = Array.from({ length: 20 }, (_, n) => given.account(`m${n}`));
    await Promise.all(many.map((one) => given.topics.member.join({ channelId: room.id }, one)));
    expect(Object.keys(await memberships.rolesIn(room))).toHaveLength(21);
    await memberships.expectPublished(room, ...Array.from({ length: 21 }, () => 'added'));
  });

  test('a group wants an invitation, a direct channel and another realm are not found', async () => {
    const group = await make('group');
    await expect(given.topics.member.join({ channelId: group.id }, bob)).rejects.toMatchObject({
      code: 'forbidden',
      reason: 'invitation_needed',
    });
    expect(await given.topics.member.join({ channelId: group.id }, ada)).toMatchObject({ role: 'owner' });
    const direct = await given.topics.channel.openDirect({ with: bob.id }, ada);
    await expect(given.topics.member.join({ channelId: direct.id }, cid)).rejects.toMatchObject({ code: 'not_found' });
    const room = await make('room');
    await expect(given.topics.member.join({ channelId: room.id }, far)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a channel holds so many members and no more', async () => {
    await using small = await givenTopics({ PARLEY_MEMBERS_PER_CHANNEL_MAX: '2' });
    const [one, two, three] = [small.account('1'), small.account('2'), small.account('3')];
    const room = await small.topics.channel.create({ kind: 'room', title: 'small' }, one);
    const answers = await Promise.allSettled(
      [two, three].map((each) => small.topics.member.join({ channelId: room.id }, each)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const full = { code: 'exhausted', reason: 'channel_full' };
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: full });
  });
});

describe('leave', () => {
  test('again changes nothing', async () => {
    const topic = await make('topic', bob.id);
    await given.topics.member.leave({ channelId: topic.id }, bob);
    await given.topics.member.leave({ channelId: topic.id }, bob);
    await memberships.expectPublished(topic, 'added', 'added', 'removed');
  });

  test('the last owner’s leaving makes the oldest remaining member owner; an empty group stays', async () => {
    const group = await make('group');
    await given.topics.member.add({ channelId: group.id, accountId: bob.id }, ada);
    await given.topics.member.add({ channelId: group.id, accountId: cid.id, role: 'admin' }, ada);
    await given.topics.member.leave({ channelId: group.id }, ada);
    expect(await memberships.rolesIn(group)).toEqual({ [bob.id]: 'owner', [cid.id]: 'admin' });
    await memberships.expectPublished(group, 'added', 'added', 'added', 'removed', 'changed');
    await given.topics.member.leave({ channelId: group.id }, bob);
    await given.topics.member.leave({ channelId: group.id }, cid);
    expect(await memberships.rolesIn(group)).toEqual({});
    expect(await memberships.versionOf(group)).toBe(8);
  });

  test('two owners who leave at once leave an owner behind', async () => {
    const group = await make('group', bob.id, cid.id);
    await given.topics.member.setRole({ channelId: group.id, accountId: bob.id, role: 'owner' }, ada);
    await Promise.all([ada, bob].map((one) => given.topics.member.leave({ channelId: group.id }, one)));
    expect(await memberships.rolesIn(group)).toEqual({ [cid.id]: 'owner' });
  });

  test('a direct channel cannot be left, and nobody leaves what is not there', async () => {
    const direct = await given.topics.channel.openDirect({ with: bob.id }, ada);
    await expect(given.topics.member.leave({ channelId: direct.id }, ada)).rejects.toMatchObject({
      reason: 'direct_stays',
    });
    await expect(given.topics.member.leave({ channelId: direct.id }, cid)).rejects.toMatchObject({ code: 'not_found' });
    const nowhere = randomUUID() as Channel['id'];
    await expect(given.topics.member.leave({ channelId: nowhere }, ada)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('add', () => {
  test('owners and admins add, and an account that is in stays as it is', async () => {
    const group = await make('group');
    const add = (who: Somebody, by: Somebody, role: 'admin' | 'member' = 'member') =>
      given.topics.member.add({ channelId: group.id, accountId: who.id, role }, by);
    expect(await add(bob, ada, 'admin')).toMatchObject({ accountId: bob.id, role: 'admin' });
    await add(cid, bob);
    expect(await add(bob, ada)).toMatchObject({ role: 'admin' });
    const dan = given.account('dan');
    await expect(add(dan, bob, 'admin')).rejects.toMatchObject({ code: 'forbidden', reason: 'not_owner' });
    await expect(add(dan, cid)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_manager' });
    await expect(add(dan, dan)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_manager' });
    await expect(add(far, ada)).rejects.toMatchObject({ code: 'not_found', reason: 'account_not_found' });
    await expect(add(dan, far)).rejects.toMatchObject({ code: 'not_found', reason: 'channel_not_found' });
    await memberships.expectPublished(group, 'added', 'added', 'added');
  });

  test('nobody is added to a direct channel', async () => {
    const direct = await given.topics.channel.openDirect({ with: bob.id }, ada);
    const adding = given.topics.member.add({ channelId: direct.id, accountId: cid.id }, ada);
    await expect(adding).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('remove', () => {
  const remove = (channel: Channel, who: Somebody, by: Somebody) =>
    given.topics.member.remove({ channelId: channel.id, accountId: who.id }, by);
  const mayRead = (channel: Channel, who: Somebody) =>
    given.topics.member.authorize({ target: { channelId: channel.id }, to: 'read' }, who);

  test('from a room it bars until the account is added again', async () => {
    const room = await make('room', bob.id);
    await remove(room, bob, ada);
    const banned = { code: 'forbidden', reason: 'barred' };
    await expect(mayRead(room, bob)).rejects.toMatchObject(banned);
    await expect(given.topics.member.join({ channelId: room.id }, bob)).rejects.toMatchObject(banned);
    await given.topics.member.add({ channelId: room.id, accountId: bob.id }, ada);
    await mayRead(room, bob);
    await memberships.expectPublished(room, 'added', 'added', 'removed', 'added');
  });

  test('a room also bars somebody who never joined it, once', async () => {
    const room = await make('room');
    await mayRead(room, bob);
    await remove(room, bob, ada);
    await remove(room, bob, ada);
    await expect(mayRead(room, bob)).rejects.toMatchObject({ reason: 'barred' });
    await memberships.expectPublished(room, 'added', 'removed');
    await expect(remove(room, far, ada)).rejects.toMatchObject({ reason: 'account_not_found' });
  });

  test('from a group the account may be added again, and whoever is not in stays out without a step', async () => {
    const group = await make('group', bob.id);
    await remove(group, cid, ada);
    await remove(group, bob, ada);
    await expect(mayRead(group, bob)).rejects.toMatchObject({ reason: 'not_member' });
    await memberships.expectPublished(group, 'added', 'added', 'removed');
  });

  test('nobody removes an owner, members remove nobody, strangers find nothing', async () => {
    const group = await make('group', bob.id, cid.id);
    await given.topics.member.setRole({ channelId: group.id, accountId: bob.id, role: 'admin' }, ada);
    await expect(remove(group, ada, bob)).rejects.toMatchObject({ code: 'forbidden', reason: 'owner_stays' });
    await expect(remove(group, bob, cid)).rejects.toMatchObject({ reason: 'not_manager' });
    await expect(remove(group, bob, far)).rejects.toMatchObject({ code: 'not_found' });
    await remove(group, cid, bob);
    expect(await memberships.rolesIn(group)).toEqual({ [ada.id]: 'owner', [bob.id]: 'admin' });
  });
});

describe('setRole', () => {
  const setRole = (channel: Channel, who: Somebody, role: 'owner' | 'admin' | 'member', by: Somebody) =>
    given.topics.member.setRole({ channelId: channel.id, accountId: who.id, role }, by);

  test('owners only, members only, and the last owner stays one', async () => {
    const group = await make('group', bob.id);
    await expect(setRole(group, bob, 'owner', bob)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_owner' });
    await expect(setRole(group, cid, 'admin', ada)).rejects.toMatchObject({
      code: 'not_found',
      reason: 'member_not_found',
    });
    await expect(setRole(group, ada, 'member', ada)).rejects.toMatchObject({ code: 'conflict', reason: 'last_owner' });
    await expect(setRole(group, bob, 'admin', far)).rejects.toMatchObject({ code: 'not_found' });
    await setRole(group, bob, 'owner', ada);
    await setRole(group, bob, 'owner', ada);
    await setRole(group, ada, 'member', ada);
    expect(await memberships.rolesIn(group)).toEqual({ [ada.id]: 'member', [bob.id]: 'owner' });
    await memberships.expectPublished(group, 'added', 'added', 'changed', 'changed');
  });

  test('two owners who demote each other at once leave an owner behind', async () => {
    const group = await make('group', bob.id);
    await setRole(group, bob, 'owner', ada);
    await Promise.allSettled([setRole(group, bob, 'member', ada), setRole(group, ada, 'member', bob)]);
    expect(Object.values(await memberships.rolesIn(group))).toContain('owner');
  });
});

describe('list', () => {
  test('by account id, page by page, for whoever may read', async () => {
    const group = await make('group', bob.id, cid.id);
    const expected = [ada.id, bob.id, cid.id].sort();
    const one = await given.topics.member.list({ channelId: group.id, limit: 2 }, bob);
    expect(one.next).toBe(expected[1]);
    const two = await given.topics.member.list({ channelId: group.id, limit: 2, after: expected[1] ?? '' }, bob);
    expect(two.next).toBeNull();
    expect([...one.members, ...two.members].map(({ accountId }) => accountId)).toEqual(expected);
    const dan = given.account('dan');
    await expect(given.topics.member.list({ channelId: group.id }, dan)).rejects.toMatchObject({
      reason: 'not_member',
    });
    await expect(given.topics.member.list({ channelId: group.id }, far)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('recentJoins', () => {
  const joinsOf = (accounts: Somebody[], more: object = {}) =>
    given.topics.member.recentJoins(
      { accountIds: accounts.map(({ id }) => id), withinMs: 60_000, ...more },
      given.system,
    );

  test('what accounts joined lately and are still in, page by page, without direct channels', async () => {
    const topics = [await make('topic'), await make('topic'), await make('topic')];
    for (const { id } of topics) await given.topics.member.join({ channelId: id }, bob);
    await given.topics.member.leave({ channelId: topics[1]!.id }, bob);
    await given.topics.channel.openDirect({ with: cid.id }, bob);
    const expected = [topics[0]!, topics[2]!].map(({ id }) => id).sort();
    const { joins, next } = await joinsOf([bob, cid]);
    expect([joins.map(({ channelId }) => channelId), next]).toEqual([expected, null]);
    expect(joins[0]).toMatchObject({ accountId: bob.id, kind: 'topic', joinedAt: expect.any(String) });
    const first = await joinsOf([bob], { limit: 1 });
    const second = await joinsOf([bob], { limit: 1, after: first.next });
    expect([...first.joins, ...second.joins].map(({ channelId }) => channelId)).toEqual(expected);
    expect((await joinsOf([ada, bob])).joins.map(({ accountId }) => accountId)).toContain(ada.id);
  });

  test('what was joined before is left out, of other realms too, and only Parley itself asks', async () => {
    const topic = await make('topic');
    await given.topics.member.join({ channelId: topic.id }, bob);
    await given.database.knex.raw("update members set joined_at = joined_at - interval '1 hour'");
    expect((await joinsOf([bob])).joins).toEqual([]);
    await given.topics.member.leave({ channelId: topic.id }, bob);
    await given.topics.member.join({ channelId: topic.id }, bob);
    const foreign = { principal: { kind: 'system', realm: 'rooms', service: 'gateway' } } as const;
    const input = { accountIds: [bob.id], withinMs: 60_000 };
    expect((await given.topics.member.recentJoins(input, foreign)).joins).toEqual([]);
    expect((await joinsOf([bob])).joins).toHaveLength(1);
    await expect(given.topics.member.recentJoins(input, bob)).rejects.toMatchObject({ code: 'forbidden' });
  });
});
