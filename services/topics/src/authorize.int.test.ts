import type { Channel } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { givenTopics, type Given, type Somebody } from './testing/fixtures.js';

let given: Given;
let ada: Somebody, bob: Somebody, cid: Somebody, far: Somebody;
beforeAll(async () => {
  given = await givenTopics();
});
beforeEach(() => {
  [ada, bob, cid] = [given.account('ada'), given.account('bob'), given.account('cid')];
  far = given.account('far', 'rooms');
});
afterAll(() => given[Symbol.asyncDispose]());

type To = 'read' | 'write' | 'manage';
const authorize = (channel: Pick<Channel, 'id'>, to: To, who: Pick<Somebody, 'principal'> | Given['system']) =>
  given.topics.member.authorize({ target: { channelId: channel.id }, to }, who);
const make = (kind: 'room' | 'group' | 'topic', ...memberIds: Somebody['id'][]) =>
  given.topics.channel.create({ kind, title: randomUUID(), memberIds }, ada);
const notFound = { code: 'not_found', reason: 'channel_not_found' };

describe('openDirect', () => {
  test('twenty from both sides at once open one channel, announced once to each', async () => {
    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0
          ? given.topics.channel.openDirect({ with: bob.id }, ada)
          : given.topics.channel.openDirect({ with: ada.id }, bob),
      ),
    );
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    const [direct] = opened;
    expect(direct).toMatchObject({ kind: 'direct', slug: null, membershipVersion: 2 });
    await eventually(() => expect(given.storyOf(direct?.id ?? '')).toEqual(['1 member.added', '2 member.added']));
    const published = given.received.filter(
      ({ event, along }) => along === 'account' && 'channel' in event && event.channel.id === direct?.id,
    );
    expect(published.map(({ event }) => ('member' in event ? event.member.accountId : null)).sort()).toEqual(
      [ada.id, bob.id].sort(),
    );
  });

  test('a wave of first messages opens every pair once, and leaves room for those who only read', async () => {
    const partners = Array.from({ length: 50 }, (_, n) => given.account(`partner-${n}`));
    const opening = Promise.all(
      partners.flatMap(({ id, principal }) => [
        given.topics.channel.openDirect({ with: id }, ada),
        given.topics.channel.openDirect({ with: ada.id }, { principal }),
      ]),
    );
    const room = await make('room');
    await expect(authorize(room, 'read', bob)).resolves.toMatchObject({ channel: { id: room.id } });
    const ids = (await opening).map(({ id }) => id);
    expect(new Set(ids).size).toBe(partners.length);
    partners.forEach((_, n) => expect(ids[2 * n]).toBe(ids[2 * n + 1]));
    const numbers = (await opening).map(({ number }) => number);
    expect(new Set(numbers).size).toBe(partners.length);
  });

  test('with oneself it is a note to oneself: one member, one scope', async () => {
    const note = await given.topics.channel.openDirect({ with: ada.id }, ada);
    expect(note.membershipVersion).toBe(1);
    expect((await authorize(note, 'write', ada)).audience).toEqual([{ kind: 'account', id: ada.id }]);
    expect(await given.topics.channel.openDirect({ with: ada.id }, ada)).toEqual(note);
  });

  test('an id in capitals is the same account', async () => {
    const direct = await given.topics.channel.openDirect({ with: bob.id }, ada);
    expect((await given.topics.channel.openDirect({ with: bob.id.toUpperCase() }, ada)).id).toBe(direct.id);
  });

  test('nobody to talk to: unknown, or of another realm', async () => {
    for (const id of [randomUUID(), far.id]) {
      const opening = given.topics.channel.openDirect({ with: id }, ada);
      await expect(opening).rejects.toMatchObject({ code: 'not_found', reason: 'account_not_found' });
    }
    await expect(given.topics.channel.openDirect({ with: 'bob' }, ada)).rejects.toMatchObject({ code: 'invalid' });
    await expect(given.topics.channel.openDirect({ with: bob.id }, given.system)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('authorize', () => {
  test('a room admits its realm: strangers read and write without a role, and do not manage', async () => {
    const room = await make('room');
    for (const to of ['read', 'write'] as const) {
      expect(await authorize(room, to, bob)).toMatchObject({
        role: null,
        audience: [{ kind: 'channel', id: room.id }],
      });
      await expect(authorize(room, to, far)).rejects.toMatchObject(notFound);
    }
    await expect(authorize(room, 'manage', bob)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_manager' });
    expect(await authorize(room, 'manage', ada)).toMatchObject({ role: 'owner', channel: { id: room.id } });
  });

  test('a closed room is still read by all, and written by nobody', async () => {
    const room = await make('room');
    await given.topics.channel.close({ channelId: room.id }, ada);
    await authorize(room, 'read', bob);
    for (const who of [ada, bob]) {
      await expect(authorize(room, 'write', who)).rejects.toMatchObject({ code: 'forbidden', reason: 'closed' });
    }
  });

  test('groups and topics admit their members; a stranger is refused', async () => {
    for (const kind of ['group', 'topic'] as const) {
      const channel = await make(kind, bob.id);
      expect(await authorize(channel, 'write', bob)).toMatchObject({
        role: 'member',
        audience: [{ kind: 'channel', id: channel.id }],
      });
      for (const to of ['read', 'write'] as const) {
        await expect(authorize(channel, to, cid)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
      }
      await expect(authorize(channel, 'manage', bob)).rejects.toMatchObject({ reason: 'not_manager' });
      await expect(authorize(channel, 'read', far)).rejects.toMatchObject(notFound);
    }
  });

  test('a direct channel leads to both accounts and is not there for anybody else', async () => {
    const direct = await given.topics.channel.openDirect({ with: bob.id }, ada);
    const { audience, role } = await authorize(direct, 'write', bob);
    expect(role).toBe('member');
    expect(audience).toHaveLength(2);
    expect(audience).toEqual(expect.arrayContaining([ada, bob].map(({ id }) => ({ kind: 'account', id }))));
    for (const to of ['read', 'write', 'manage'] as const)
      await expect(authorize(direct, to, cid)).rejects.toMatchObject(notFound);
    await expect(authorize(direct, 'manage', ada)).rejects.toMatchObject({ reason: 'not_manager' });
  });

  test('by partner the direct channel is made on first use, and is the same from then on', async () => {
    const first = await given.topics.member.authorize({ target: { directWith: bob.id }, to: 'write' }, ada);
    const back = await given.topics.member.authorize({ target: { directWith: ada.id }, to: 'read' }, bob);
    expect(back.channel).toEqual(first.channel);
    const missing = given.topics.member.authorize({ target: { directWith: randomUUID() }, to: 'write' }, ada);
    await expect(missing).rejects.toMatchObject({ code: 'not_found', reason: 'account_not_found' });
  });

  test('Parley itself reads everything in its realm and writes nothing', async () => {
    const group = await make('group');
    const direct = await given.topics.channel.openDirect({ with: bob.id }, ada);
    for (const channel of [group, direct]) {
      expect(await authorize(channel, 'read', given.system)).toMatchObject({ role: null });
      await expect(authorize(channel, 'write', given.system)).rejects.toMatchObject({ code: 'forbidden' });
      const elsewhere = { principal: { ...given.system.principal, realm: 'rooms' } };
      await expect(authorize(channel, 'read', elsewhere)).rejects.toMatchObject(notFound);
    }
  });

  test('unknown channels are not found, nonsense is invalid, and nobody signed in is unauthenticated', async () => {
    await expect(authorize({ id: randomUUID() as Channel['id'] }, 'read', ada)).rejects.toMatchObject(notFound);
    await expect(authorize({ id: '1' as Channel['id'] }, 'read', ada)).rejects.toMatchObject({ code: 'invalid' });
    const anonymous = { kind: 'anonymous' as const, realm: 'main', dialect: 'v1' as const };
    const asking = given.topics.member.authorize(
      { target: { directWith: ada.id }, to: 'read' },
      { principal: anonymous },
    );
    await expect(asking).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('a membership costs one query to look at', async () => {
    const room = await make('room');
    const before = given.statements.length;
    await authorize(room, 'write', bob);
    expect(given.statements.slice(before)).toEqual(['topics.find_channels']);
  });
});

describe('filterReaders', () => {
  test('names those who may read, with the version, for services only', async () => {
    const [group, room] = [await make('group', bob.id), await make('room')];
    await given.topics.member.remove({ channelId: room.id, accountId: bob.id }, ada);
    const readersAmong = (channel: Channel, who: Pick<Somebody, 'principal'> | Given['system'] = given.system) =>
      given.topics.member.filterReaders({ channelId: channel.id, accountIds: [ada.id, bob.id, cid.id] }, who);
    const inGroup = await readersAmong(group);
    expect(inGroup.membershipVersion).toBe(2);
    expect([...inGroup.accountIds].sort()).toEqual([ada.id, bob.id].sort());
    const inRoom = await readersAmong(room);
    expect(inRoom.membershipVersion).toBe(2);
    expect([...inRoom.accountIds].sort()).toEqual([ada.id, cid.id].sort());
    await expect(readersAmong(room, ada)).rejects.toMatchObject({ code: 'forbidden', reason: 'system_only' });
    const elsewhere = { principal: { ...given.system.principal, realm: 'rooms' } };
    await expect(readersAmong(room, elsewhere)).rejects.toMatchObject(notFound);
  });

  test('questions about many channels share statements, and each has its own answer', async () => {
    const groups = await Promise.all(Array.from({ length: 20 }, (_, n) => make('group', ...(n % 2 ? [bob.id] : []))));
    const accountIds = [ada.id, bob.id, cid.id];
    const unknown = randomUUID() as Channel['id'];
    let statements = 0;
    const note = ({ sql }: { sql: string }) => void (statements += Number(sql.includes('membershipVersion')));
    given.database.knex.on('query', note);
    const ask = (channelId: Channel['id'], ids = accountIds) =>
      given.topics.member.filterReaders({ channelId, accountIds: ids }, given.system);
    const refused = expect(ask(unknown)).rejects.toMatchObject(notFound);
    const nobody = ask(groups[0]?.id ?? unknown, []);
    const answers = await Promise.all(groups.map(({ id }) => ask(id)));
    given.database.knex.off('query', note);
    await refused;
    expect(await nobody).toEqual({ membershipVersion: 1, accountIds: [] });
    expect(answers.map((each) => [...each.accountIds].sort())).toEqual(
      groups.map((_, n) => (n % 2 ? [ada.id, bob.id] : [ada.id]).sort()),
    );
    expect(statements).toBeLessThan(5);
  });
});
