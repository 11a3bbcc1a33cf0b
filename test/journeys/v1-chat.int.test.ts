import { type Delivery, ParleyClient } from '@parley/client';
import { openSocket } from '@parley/testing';
import { expect, test, vi } from 'vitest';
import { breakConnection } from './broken-connection.js';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { as, v1User, type V1User } from '../clients/v1.js';

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const textOf = ({ message: { content } }: Delivery) => (content.type === 'text' ? content.text : '');
const uuid = expect.stringMatching(/^[0-9a-f]{8}-/);

/** An SDK client of a new account, and what it received. */
const connected = async (url: string, word = 'ada') => {
  const user = await v1User(url, word);
  const client = new ParleyClient({ url, tokens: user.grant });
  const received: Delivery[] = [];
  client.onMessage((delivery) => received.push(delivery));
  await client.connect();
  return { user, client, received, [Symbol.asyncDispose]: () => client.close() };
};

journey('the v1 socket, frame by frame', ({ url }) => {
  const open = async (user: V1User) => {
    const socket = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
    await socket.waitFor('session.opened');
    let id = 0;
    const call = async (method: string, params: object = {}) => {
      id += 1;
      const own = id;
      socket.send({ jsonrpc: '2.0', id: own, method, params });
      return socket.waitFor((frame) => frame['id'] === own);
    };
    return { socket, call, [Symbol.dispose]: () => socket[Symbol.dispose]() };
  };
  const newRoom = async (user: V1User) => {
    const { body } = await as(url, user)('POST /channels', { kind: 'room', title: unique('room') });
    return (body as { id: string }).id;
  };

  test('a socket opens with the header, a ticket, or the first frame, and never with a token in the URL', async () => {
    const user = await v1User(url);
    const greeting = {
      jsonrpc: '2.0',
      method: 'session.opened',
      params: { connectionId: uuid, accountId: user.id, expiresAt: user.grant.accessTokenExpiresAt },
    };
    using byHeader = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
    expect(await byHeader.waitFor('session.opened')).toEqual(greeting);
    const { ticket } = (await as(url, user)('POST /socket-tickets')).body as { ticket: string };
    using byTicket = await openSocket(`${url}/v1/socket?ticket=${ticket}`);
    expect(await byTicket.waitFor('session.opened')).toMatchObject({ params: { accountId: user.id } });
    using again = await openSocket(`${url}/v1/socket?ticket=${ticket}`);
    expect(await again.closed).toEqual({ code: 4401, reason: 'ticket_invalid' });
    const authenticate = {
      jsonrpc: '2.0',
      id: 'a',
      method: 'session.authenticate',
      params: { accessToken: user.token },
    };
    using byFrame = await openSocket(`${url}/v1/socket`, { first: [authenticate] });
    expect(await byFrame.waitFor((frame) => frame['id'] === 'a')).toMatchObject({ result: { accountId: user.id } });
    expect(byFrame.received[0]).toMatchObject({ method: 'session.opened' });
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    using byQuery = await openSocket(`${url}/v1/socket?token=${user.token}`, { first: [ping] });
    expect(await byQuery.waitFor((frame) => 'error' in frame)).toMatchObject({
      id: 1,
      error: { code: -32001, data: { reason: 'no_token' } },
    });
    expect(await byQuery.closed).toMatchObject({ code: 4401 });
    using bad = await openSocket(`${url}/v1/socket`, { headers: { authorization: 'Bearer a.b.c' } });
    expect(await bad.closed).toEqual({ code: 4401, reason: 'invalid_token' });
  });

  test('every method answers, and bad frames are answered without ending the connection', async () => {
    const user = await v1User(url);
    const id = await newRoom(user);
    using own = await open(user);
    const { call, socket } = own;
    expect(await call('ping')).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect(await call('channel.attach', { channelId: id })).toMatchObject({
      result: { channel: { id, kind: 'room' }, outcome: 'replayed', count: 0, head: 0 },
    });
    const content = { type: 'text', text: 'hello' };
    const send = { channelId: id, clientId: 'a', content };
    const sent = await call('message.send', send);
    expect(sent).toMatchObject({ result: { id: uuid, channelId: id, sequence: 1, repeated: false } });
    expect(await call('message.send', send)).toEqual({
      ...sent,
      id: 4,
      result: { ...(sent['result'] as object), repeated: true },
    });
    expect(await socket.waitFor('message.created')).toEqual({
      jsonrpc: '2.0',
      method: 'message.created',
      params: {
        message: expect.objectContaining({
          sequence: 1,
          clientId: 'a',
          content,
          sender: expect.objectContaining({ id: user.id }),
        }),
      },
    });
    expect(await call('typing.start', { channelId: id })).toMatchObject({ result: {} });
    expect(await call('receipt.record', { channelId: id, sequence: 1 })).toMatchObject({ result: { sequence: 1 } });
    expect(await call('session.resume', { inbox: 0, channels: { [id]: 0 } })).toMatchObject({
      result: {
        inbox: { outcome: 'replayed', head: 0 },
        channels: { [id]: { outcome: 'replayed', count: 1, head: 1 } },
      },
    });
    const { body } = await as(url, null)('POST /sessions/refresh', { refreshToken: user.grant.refreshToken });
    const { accessToken } = body as { accessToken: string };
    expect(await call('session.refresh', { accessToken })).toMatchObject({ result: { expiresAt: expect.any(String) } });
    expect(await call('channel.detach', { channelId: id })).toMatchObject({ result: {} });
    for (const [frame, code] of [
      ['{', -32700],
      ['[]', -32600],
      ['{"jsonrpc":"2.0","id":1e999,"method":"ping"}', -32600],
      ['['.repeat(20_000), -32700],
    ] as const) {
      socket.send(frame);
      expect(await socket.waitFor((each) => each['id'] === null)).toMatchObject({ error: { code } });
    }
    expect(await call('message.burn')).toMatchObject({ error: { code: -32601 } });
    expect(await call('channel.attach', {})).toMatchObject({ error: { code: -32602 } });
    expect(await call('session.authenticate', { accessToken })).toMatchObject({
      error: { data: { reason: 'already_authenticated' } },
    });
    expect(await call('ping')).toMatchObject({ result: {} });
  });

  test('what belongs to others is refused', async () => {
    const [ada, bob] = [await v1User(url), await v1User(url, 'bob')];
    const made = await as(url, ada)('POST /channels', { kind: 'group', title: 'ours' });
    const { id } = made.body as { id: string };
    using bobs = await open(bob);
    const refused = { error: { code: -32003, data: { code: 'forbidden', reason: 'not_member' } } };
    const content = { type: 'text', text: 'hello' };
    expect(await bobs.call('channel.attach', { channelId: id })).toMatchObject(refused);
    expect(await bobs.call('message.send', { channelId: id, clientId: 'a', content })).toMatchObject(refused);
    expect(await bobs.call('typing.start', { channelId: id })).toMatchObject(refused);
    expect(await bobs.call('receipt.record', { channelId: id, sequence: 1 })).toMatchObject(refused);
    expect(await bobs.call('session.resume', { channels: { [id]: 0 } })).toMatchObject({
      result: { channels: { [id]: { outcome: 'refused', ...refused } } },
    });
    const direct = await as(url, ada)('POST /directs', { accountId: ada.id });
    const { id: own } = direct.body as { id: string };
    expect(await bobs.call('message.send', { channelId: own, clientId: 'a', content })).toMatchObject({
      error: { code: -32004 },
    });
    expect(await bobs.call('message.send', { directWith: made.body, clientId: 'a', content })).toMatchObject({
      error: { code: -32602 },
    });
  });

  test('a revoked session closes its socket within a second', async () => {
    const user = await v1User(url);
    using own = await open(user);
    const before = performance.now();
    await as(url, user)('DELETE /sessions/current');
    expect(await own.socket.closed).toEqual({ code: 4401, reason: 'session_ended' });
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test('a frame above the limit closes with 1009', async () => {
    using own = await open(await v1User(url));
    own.socket.send('x'.repeat(1_000_000));
    expect(await own.socket.closed).toMatchObject({ code: 1009 });
  });
});

journey('v1 with the SDK', ({ url, otherUrl }) => {
  test('a room is received by all who attached it, the sender too, and typing by the others', async () => {
    await using ada = await connected(url);
    await using bob = await connected(otherUrl, 'bob');
    const room = await ada.client.rest.createChannel({ kind: 'room', title: unique('room') });
    const typed: string[] = [];
    bob.client.on('typing', ({ account }) => typed.push(account.id));
    await ada.client.attach(room.id);
    await bob.client.attach(room.id);
    ada.client.typing(room.id);
    await until(() => expect(typed).toEqual([ada.user.id]));
    await expect(ada.client.send(room.id, 'hello')).resolves.toMatchObject({ sequence: 1, repeated: false });
    await bob.client.send(room.id, 'hello yourself');
    for (const { received } of [ada, bob])
      await until(() => expect(received.map(textOf)).toEqual(['hello', 'hello yourself']));
  });

  test('direct messages need no attach, not even the first', async () => {
    await using ada = await connected(url);
    await using bob = await connected(otherUrl, 'bob');
    await expect(ada.client.send({ directWith: bob.user.id }, 'psst')).resolves.toMatchObject({ inboxSequence: 1 });
    await bob.client.send({ directWith: ada.user.id }, 'yes?');
    for (const { received } of [ada, bob]) {
      await until(() => expect(received.map(textOf)).toEqual(['psst', 'yes?']));
      expect(received.map(({ inboxSequence }) => inboxSequence)).toEqual([1, 2]);
    }
  });

  test('whoever was away receives exactly the rest, on any gateway', async () => {
    await using ada = await connected(url);
    const bob = await connected(url, 'bob');
    const room = await ada.client.rest.createChannel({ kind: 'room', title: unique('room') });
    await bob.client.attach(room.id);
    await ada.client.send(room.id, 'one');
    await until(() => expect(bob.received.map(textOf)).toEqual(['one']));
    await bob.client.close();
    await ada.client.send(room.id, 'two');
    await ada.client.send({ directWith: bob.user.id }, 'three');
    const back = new ParleyClient({
      url: otherUrl,
      tokens: bob.user.grant,
      storage: { load: () => ({ inbox: 0, channels: { [room.id]: 1 } }), save: () => undefined },
    });
    const received: Delivery[] = [];
    back.onMessage((delivery) => received.push(delivery));
    await back.connect();
    await back.attach(room.id);
    await until(() => expect(received.map(textOf).sort()).toEqual(['three', 'two']));
    await back.close();
  });

  test('five hundred messages from two senders at once are received once, in order, and history agrees', async () => {
    await using ada = await connected(url);
    await using bob = await connected(otherUrl, 'bob');
    const room = await ada.client.rest.createChannel({ kind: 'room', title: unique('room') });
    await Promise.all([ada.client.attach(room.id), bob.client.attach(room.id)]);
    const sends = Array.from({ length: 250 }, (_, n) => [
      ada.client.send(room.id, `a${n}`),
      bob.client.send(room.id, `b${n}`),
    ]).flat();
    const sent = await Promise.all(sends);
    const expected = Array.from({ length: 500 }, (_, n) => n + 1);
    expect(sent.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(expected);
    for (const { received } of [ada, bob]) {
      await until(() => expect(received.map(({ message }) => message.sequence)).toEqual(expected));
    }
    const { messages } = await bob.client.rest.history(room.id, { after: 0, limit: 500 });
    expect(ada.received.map(({ message }) => message)).toEqual(messages);
  }, 60_000);

  test('over a connection that breaks again and again, nothing is lost, doubled or out of order', async () => {
    await using proxyA = await breakConnection(url);
    await using proxyB = await breakConnection(otherUrl);
    await using ada = await connected(proxyA.url);
    await using bob = await connected(proxyB.url, 'bob');
    const room = await ada.client.rest.createChannel({ kind: 'room', title: unique('room') });
    await Promise.all([ada.client.attach(room.id), bob.client.attach(room.id)]);
    let acknowledged = 0;
    const breaking = <T>(value: T): T => {
      acknowledged += 1;
      if (acknowledged % 15 === 0) (acknowledged % 30 === 0 ? proxyA : proxyB).cut();
      return value;
    };
    const sends = Array.from({ length: 30 }, (_, n) => [
      ada.client.send(room.id, `a${n}`).then(breaking),
      bob.client.send(room.id, `b${n}`).then(breaking),
      ada.client.send({ directWith: bob.user.id }, `d${n}`).then(breaking),
    ]).flat();
    const sent = await Promise.all(sends);
    // Each began with one connection; how many cuts meet an open one depends on how quick the machine is.
    expect(proxyA.travelled + proxyB.travelled).toBeGreaterThan(2);
    const numbers = (count: number) => Array.from({ length: count }, (_, n) => n + 1);
    const inRoom = sent.filter(({ channelId }) => channelId === room.id);
    expect(inRoom.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(numbers(60));
    for (const { received } of [ada, bob]) {
      await until(() => {
        const [room, inbox] = [
          received.filter((one) => !one.inboxSequence),
          received.filter((one) => one.inboxSequence),
        ];
        expect(room.map(({ message }) => message.sequence)).toEqual(numbers(60));
        expect(inbox.map(({ inboxSequence }) => inboxSequence)).toEqual(numbers(30));
      });
    }
  }, 60_000);

  test('whoever is removed from a group receives and writes no more within a second', async () => {
    await using ada = await connected(url);
    await using bob = await connected(otherUrl, 'bob');
    const { rest } = ada.client;
    const group = await rest.createChannel({ kind: 'group', title: unique('group'), memberIds: [bob.user.id] });
    await bob.client.attach(group.id);
    const detached: unknown[] = [];
    bob.client.on('detached', (event) => detached.push(event));
    const before = performance.now();
    await rest.removeMember(group.id, bob.user.id);
    await until(() => expect(detached).toMatchObject([{ channelId: group.id, error: { reason: 'not_member' } }]));
    expect(performance.now() - before).toBeLessThan(1_000);
    await ada.client.send(group.id, 'without bob');
    await expect(bob.client.send(group.id, 'still here?')).rejects.toMatchObject({ reason: 'not_member' });
    await expect(bob.client.attach(group.id)).rejects.toMatchObject({ code: 'forbidden' });
    expect(bob.received).toEqual([]);
  });
});
