// Who is here and who has read, over two gateways where there are two.
import { eventually, type Frame, type TestSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { as, v1Member, v1Socket, v1User, type V1Member } from '../clients/v1.js';

interface State {
  readonly accountId: string;
  readonly state: string;
  readonly lastSeenAt: string | null;
}

const received = ({ received: frames }: TestSocket, method: string): Frame[] =>
  frames.filter((frame) => frame['method'] === method).map(({ params }) => params as Frame);
const statesOf = (socket: TestSocket, accountId: string): string[] =>
  (received(socket, 'presence.changed') as unknown as State[])
    .filter((one) => one.accountId === accountId)
    .map(({ state }) => state);
/** A request on another socket of the same account. */
const callOn = async (socket: TestSocket, method: string, params: object): Promise<Frame> => {
  const id = unique('call');
  socket.send({ jsonrpc: '2.0', id, method, params });
  return socket.waitFor((frame) => frame['id'] === id);
};

journey('presence, receipts and preferences', ({ url, otherUrl }) => {
  const groupOf = async (owner: V1Member, ...others: V1Member[]): Promise<string> => {
    const memberIds = others.map(({ id }) => id);
    const group: { id: string } = await owner.rest('POST', '/channels', {
      kind: 'group',
      title: unique('group'),
      memberIds,
    });
    return group.id;
  };
  const members = async () => [await v1Member(url, unique('ada')), await v1Member(otherUrl, unique('bob'))] as const;

  test('who looks at a channel sees its members come, be away and go, with the time when they were last seen', async () => {
    const [ada, bob] = await members();
    const channelId = await groupOf(ada, bob);
    await eventually(async () => {
      const snapshot = (await ada.call('presence.subscribe', { channelId })) as { accounts: State[]; counts: object };
      expect(snapshot.counts).toEqual({ members: 2, online: 2, away: 0 });
      expect(snapshot.accounts.map(({ state, lastSeenAt }) => [state, lastSeenAt])).toEqual([
        ['online', null],
        ['online', null],
      ]);
    });
    // A second connection of the account, on the other gateway: it is away when both are.
    using second = await v1Socket(url, bob.token);
    expect(await bob.call('presence.set', { state: 'away' })).toEqual({ state: 'away' });
    await callOn(second, 'presence.set', { state: 'away' });
    await eventually(() => expect(statesOf(ada.socket, bob.id)).toEqual(['away']));
    await callOn(second, 'presence.set', { state: 'online' });
    await eventually(() => expect(statesOf(ada.socket, bob.id)).toEqual(['away', 'online']));
    const before = Date.now();
    bob.socket.close();
    second.close();
    await eventually(() => expect(statesOf(ada.socket, bob.id)).toEqual(['away', 'online', 'offline']));
    const { lastSeenAt } = received(ada.socket, 'presence.changed').at(-1) as unknown as State;
    expect(Math.abs(Date.parse(lastSeenAt ?? '') - before)).toBeLessThan(10_000);
    // The other gateway receives the event by itself.
    await eventually(async () => {
      const { body } = await as(otherUrl, ada)(`GET /channels/${channelId}/presence`);
      expect(body).toMatchObject({ counts: { members: 2, online: 1, away: 0 } });
      expect((body as { accounts: State[] }).accounts).toContainEqual({
        accountId: bob.id,
        state: 'offline',
        lastSeenAt,
      });
    });
  });

  test('who reconnects within a second, to another gateway, was never gone', async () => {
    const [ada, bob] = await members();
    const eve = await v1Member(otherUrl, unique('eve'));
    await eventually(async () => {
      const snapshot = (await ada.call('presence.subscribe', { accountIds: [bob.id, eve.id] })) as {
        accounts: State[];
      };
      expect(snapshot.accounts.map(({ state }) => state)).toEqual(['online', 'online']);
    });
    bob.socket.close();
    using _again = await v1Socket(url, bob.token);
    // What is published of Eve, who left later, comes after what would have been published of Bob.
    eve.socket.close();
    await eventually(() => expect(statesOf(ada.socket, eve.id)).toContain('offline'));
    expect(statesOf(ada.socket, bob.id)).not.toContain('offline');
  });

  test('an invisible account is offline for everybody else, on all its connections, until it says otherwise', async () => {
    const [ada, bob] = await members();
    const channelId = await groupOf(ada, bob);
    using second = await v1Socket(url, bob.token);
    const stateOfBob = async () => {
      const { body } = await as(url, ada)(`GET /channels/${channelId}/presence`);
      return (body as { accounts: State[] }).accounts.find(({ accountId }) => accountId === bob.id)?.state;
    };
    await eventually(async () => expect(await stateOfBob()).toBe('online'));
    await ada.call('presence.subscribe', { channelId });
    expect(await bob.call('presence.set', { state: 'invisible' })).toEqual({ state: 'invisible' });
    for (const socket of [bob.socket, second])
      expect(await socket.waitFor('preferences.changed')).toMatchObject({ params: { invisible: true } });
    await eventually(() => expect(statesOf(ada.socket, bob.id)).toEqual(['offline']));
    expect(await stateOfBob()).toBe('offline');
    // A connection with a token from before, and one with a newer token.
    using third = await v1Socket(otherUrl, bob.token);
    await callOn(third, 'presence.set', { state: 'online' });
    expect((await as(url, bob)('GET /me/preferences')).body).toEqual({ sharesReceipts: true, invisible: true });
    expect(await stateOfBob()).toBe('offline');
    expect((await as(otherUrl, bob)('PUT /me/preferences', { invisible: false })).body).toEqual({
      sharesReceipts: true,
      invisible: false,
    });
    await eventually(() => expect(statesOf(ada.socket, bob.id)).toEqual(['offline', 'online']));
  });

  test('what one device has read, the others of its account and the partner know within a second', async () => {
    const [ada, bob] = await members();
    using second = await v1Socket(otherUrl, ada.token);
    for (const socket of [ada.socket, second, bob.socket]) await callOn(socket, 'session.resume', { inbox: 0 });
    const sent = (await bob.send({ directWith: ada.id }, 'psst')) as { channelId: string; sequence: number };
    const { channelId } = sent;
    await ada.socket.waitFor('message.created');
    const began = performance.now();
    expect(await ada.call('receipt.record', { channelId, delivered: 1 })).toEqual({
      sequence: 0,
      read: 0,
      delivered: 1,
    });
    // Beyond the head there is nothing to read.
    expect(await ada.call('receipt.record', { channelId, read: 99 })).toEqual({ sequence: 1, read: 1, delivered: 1 });
    const isRead = (frame: Frame) => frame['method'] === 'receipt.changed' && (frame['params'] as Frame)['read'] === 1;
    for (const socket of [second, bob.socket])
      expect((await socket.waitFor(isRead))['params']).toEqual({ channelId, accountId: ada.id, read: 1, delivered: 1 });
    // A second is promised; the rest is for a busy machine.
    expect(performance.now() - began).toBeLessThan(10_000);
    // A position never moves back.
    expect((await as(url, ada)(`PUT /channels/${channelId}/receipt`, { read: 0, delivered: 1 })).body).toEqual({
      read: 1,
      delivered: 1,
    });
    const { body } = await as(otherUrl, bob)(`GET /channels/${channelId}/receipts?at=1`);
    expect((body as { positions: object[] }).positions).toContainEqual({ accountId: ada.id, read: 1, delivered: 1 });
    expect(body).toMatchObject({ counts: { read: 2, delivered: 2 } });
  });

  test('a group receives positions once each; an account that does not share its own keeps them to its devices', async () => {
    const [ada, bob] = await members();
    const eve = await v1Member(otherUrl, unique('eve'));
    const channelId = await groupOf(ada, bob, eve);
    for (const each of [ada, bob, eve]) await each.call('channel.attach', { channelId });
    await ada.send({ channelId }, 'one');
    await Promise.all([bob, eve].map(({ socket }) => socket.waitFor('message.created')));
    await eve.rest('PUT', '/me/preferences', { sharesReceipts: false });
    await eve.socket.waitFor('preferences.changed');
    await eve.call('receipt.record', { channelId, read: 1 });
    await bob.call('receipt.record', { channelId, read: 1 });
    await ada.socket.waitFor('receipt.changed');
    await bob.socket.waitFor('receipt.changed');
    await eve.socket.waitFor((frame) => (frame['params'] as Frame | undefined)?.['accountId'] === bob.id);
    const readers = (member: V1Member) => received(member.socket, 'receipt.changed').map(({ accountId }) => accountId);
    expect(readers(ada)).toEqual([bob.id]);
    expect(readers(bob)).toEqual([bob.id]);
    expect(readers(eve).toSorted()).toEqual([bob.id, eve.id].toSorted());
    const { body } = await as(url, ada)(`GET /channels/${channelId}/receipts`);
    expect((body as { positions: { accountId: string }[] }).positions.map(({ accountId }) => accountId)).not.toContain(
      eve.id,
    );
  });

  test('who may not read a channel learns nothing of its presence or its receipts', async () => {
    const [ada, bob] = await members();
    const channelId = await groupOf(ada);
    const hidden = { code: 'forbidden', reason: 'not_member' };
    await expect(bob.call('presence.subscribe', { channelId })).rejects.toMatchObject(hidden);
    await expect(bob.call('receipt.record', { channelId, read: 1 })).rejects.toMatchObject(hidden);
    for (const path of ['presence', 'receipts'])
      expect((await as(url, bob)(`GET /channels/${channelId}/${path}`)).body).toMatchObject(hidden);
    expect((await as(url, bob)(`PUT /channels/${channelId}/receipt`, { read: 1 })).body).toMatchObject(hidden);
    const user = await v1User(url);
    expect((await as(url, user)(`PUT /channels/${channelId}/receipt`, {})).status).toBe(422);
  });
});
