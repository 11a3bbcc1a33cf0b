import { Fault, type Channel } from '@parley/contracts';
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
const room = (title: string, by = ada) => given.topics.channel.create({ kind: 'room', title }, by);
const nobodysId = () => randomUUID() as Channel['id'];

describe('create', () => {
  test('the caller owns what it makes, the named accounts are members, and version and events agree', async () => {
    const group = await given.topics.channel.create(
      { kind: 'group', title: 'Band', metadata: { key: 'C', tempo: 1.5 }, memberIds: [bob.id, ada.id, bob.id] },
      ada,
    );
    expect(group).toMatchObject({ kind: 'group', slug: null, createdBy: ada.id, membershipVersion: 2, closedAt: null });
    expect(group.metadata).toEqual({ key: 'C', tempo: 1.5 });
    const { members } = await given.topics.member.list({ channelId: group.id }, bob);
    expect(members.map(({ accountId, role }) => [accountId, role]).sort()).toEqual(
      [
        [ada.id, 'owner'],
        [bob.id, 'member'],
      ].sort(),
    );
    await eventually(() => expect(given.storyOf(group.id)).toEqual(['1 member.added', '2 member.added']));
    const toBob = given.received.filter(
      ({ event, along }) => along === 'account' && 'member' in event && event.member.accountId === bob.id,
    );
    expect(toBob).toHaveLength(1);
  });

  test('of twenty requests with one creation key one makes a channel, and all get it', async () => {
    const wish = { kind: 'group' as const, title: 'Once', memberIds: [bob.id], creationKey: randomUUID() };
    const made = await Promise.all(Array.from({ length: 20 }, () => given.topics.channel.create(wish, ada)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await given.topics.channel.create(wish, ada)).id).toBe(made[0]?.id);
    expect((await given.topics.channel.create(wish, bob)).id).not.toBe(made[0]?.id);
    const other = await given.topics.channel.create({ ...wish, creationKey: randomUUID() }, ada);
    expect(other.id).not.toBe(made[0]?.id);
    await eventually(() => expect(given.storyOf(other.id)).toHaveLength(2));
    expect(given.storyOf(made[0]?.id ?? '')).toEqual(['1 member.added', '2 member.added']);
  });

  test('a topic that is asked for again with its creation key is the topic that is there, not a taken slug', async () => {
    const slug = `once-${randomUUID()}`;
    const wish = { kind: 'topic' as const, title: 'T', slug, creationKey: randomUUID() };
    const { id } = await given.topics.channel.create(wish, ada);
    expect(await given.topics.channel.create(wish, ada)).toMatchObject({ id, slug });
    await expect(given.topics.channel.create({ ...wish, creationKey: randomUUID() }, ada)).rejects.toMatchObject({
      reason: 'slug_taken',
    });
  });

  test('an account of another realm or of none cannot be named', async () => {
    for (const id of [far.id, nobodysId() as unknown as typeof far.id]) {
      const making = given.topics.channel.create({ kind: 'group', title: 'X', memberIds: [id] }, ada);
      await expect(making).rejects.toMatchObject({ code: 'not_found', reason: 'account_not_found' });
    }
  });

  test('of twenty that ask for one slug at once one gets it', async () => {
    const asked = Array.from({ length: 20 }, () =>
      given.topics.channel
        .create({ kind: 'topic', title: 'T', slug: 'sensors/1' }, ada)
        .catch((fault: unknown) => fault),
    );
    const answers = await Promise.all(asked);
    const faults = answers.filter((answer) => answer instanceof Fault);
    expect(faults).toHaveLength(19);
    for (const fault of faults) expect(fault).toMatchObject({ code: 'conflict', reason: 'slug_taken' });
  });

  test('a slug is free in another realm and in another case', async () => {
    await given.topics.channel.create({ kind: 'topic', title: 'T', slug: 'walls' }, ada);
    await given.topics.channel.create({ kind: 'topic', title: 'T', slug: 'walls' }, far);
    await given.topics.channel.create({ kind: 'topic', title: 'T', slug: 'Walls' }, ada);
  });

  test('a room takes its title as slug while that is free, and titles may repeat', async () => {
    const made = await Promise.all([room('Lobby'), room('Lobby'), room('Lobby')]);
    expect(made.map(({ slug }) => slug).sort()).toEqual(['Lobby', null, null]);
    expect((await room('L'.repeat(101))).slug).toBeNull();
  });

  test('bad input is refused: U+0000, slug on a group, metadata too large, nobody signed in', async () => {
    const { create } = given.topics.channel;
    await expect(create({ kind: 'room', title: 'a\0b' }, ada)).rejects.toMatchObject({ code: 'invalid' });
    await expect(create({ kind: 'group', title: 'X', slug: 'x' }, ada)).rejects.toMatchObject({
      reason: 'slug_not_allowed',
    });
    const metadata = { long: 'x'.repeat(5000) };
    await expect(create({ kind: 'room', title: 'X', metadata }, ada)).rejects.toMatchObject({ code: 'invalid' });
    await expect(create({ kind: 'room', title: 'X', metadata: { half: '\ud800' } }, ada)).rejects.toMatchObject({
      code: 'invalid',
    });
    const deep = JSON.parse(`{"a":${'['.repeat(2_000)}${']'.repeat(2_000)}}`) as Record<string, unknown>;
    await expect(create({ kind: 'room', title: 'X', metadata: deep }, ada)).rejects.toMatchObject({ code: 'invalid' });
    const anonymous = { principal: { kind: 'anonymous' as const, realm: 'main', dialect: 'v1' as const } };
    await expect(create({ kind: 'room', title: 'X' }, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('no service makes one in its own name', async () => {
    const making = given.topics.channel.create({ kind: 'room', title: 'Sample' }, given.system);
    await expect(making).rejects.toMatchObject({ code: 'forbidden', reason: 'system_only' });
  });
});
