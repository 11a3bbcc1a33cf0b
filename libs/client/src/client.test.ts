import { afterEach, expect, test, vi } from 'vitest';
import { ParleyClient } from './client.js';
import type { ClientOptions } from './client.js';
import { ScriptedServer } from './scripted-server.case.js';
import type { ClientState, Saved } from './types.js';

const open: ParleyClient[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

const startServer = () => new ScriptedServer().start();

const clientOf = (server: { url: string }, options: Partial<ClientOptions> = {}) => {
  const client = new ParleyClient({
    url: server.url,
    tokens: { accessToken: 'token-0', refreshToken: 'refresh-0' },
    backoff: { baseMs: 5, maxMs: 40 },
    ...options,
  });
  const states: ClientState[] = [];
  const channel: string[] = [];
  const inbox: string[] = [];
  client.on('state', (state) => states.push(state));
  client.onMessage(({ message, inboxSequence }) => {
    const text = message.content.type === 'text' ? message.content.text : '';
    (inboxSequence === undefined ? channel : inbox).push(`${inboxSequence ?? message.sequence}:${text}`);
  });
  open.push(client);
  return { client, states, channel, inbox };
};

const isOpenAt = ({ live }: ScriptedServer) => live.length === 1;

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n}:m${from + n}`);

test('a channel is heard from now on, the inbox too', async () => {
  await using server = await startServer();
  server.say('room', 'm1');
  server.sayDirect('d1');
  const { client, channel, inbox } = clientOf(server);
  await client.connect();
  await expect(client.attach('room')).resolves.toEqual({ channel: { id: 'room' }, head: 1 });
  server.say('room', 'm2');
  server.sayDirect('d2');
  await until(() => expect([channel, inbox]).toEqual([['2:m2'], ['2:d2']]));
});

test('each request says which trace it is part of, where the application knows', async () => {
  await using server = await startServer();
  const traceparents = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined];
  let trace: string | undefined;
  const { client } = clientOf(server, { traceparent: () => trace });
  await client.connect();
  for (trace of traceparents) await client.send('room', 'hello');
  const sent = server.requests.filter(({ method }) => method === 'message.send');
  expect(sent.map((frame) => frame.traceparent)).toEqual(traceparents);
});

test('doubles are dropped and what is out of order is put in order', async () => {
  await using server = await startServer();
  const { client, channel } = clientOf(server);
  await client.connect();
  await client.attach('room');
  const kept: object[] = [];
  server.onPush = (frame) => {
    kept.push(frame);
    return kept.length < 4 ? [] : [kept[2], kept[0], kept[0], kept[3], kept[1], kept[2]].filter((each) => !!each);
  };
  for (const n of [1, 2, 3, 4]) server.say('room', `m${n}`);
  await until(() => expect(channel).toEqual(numbered(1, 4)));
});

test('a push that was lost is noticed and asked for', async () => {
  await using server = await startServer();
  const { client, channel } = clientOf(server);
  await client.connect();
  await client.attach('room');
  server.onPush = () => [];
  server.say('room', 'm1');
  server.say('room', 'm2');
  server.onPush = (frame) => [frame];
  server.say('room', 'm3');
  await until(() => expect(channel).toEqual(numbered(1, 3)));
});

test('after a lost connection everything is resumed from its last number', async () => {
  await using server = await startServer();
  const { client, channel, inbox, states } = clientOf(server);
  await client.connect();
  await client.attach('room');
  server.say('room', 'm1');
  await until(() => expect(channel).toHaveLength(1));
  server.live[0]?.socket.terminate();
  server.say('room', 'm2');
  server.sayDirect('m1');
  await until(() => expect([channel, inbox]).toEqual([numbered(1, 2), numbered(1, 1)]));
  await until(() => expect(states.at(-1)).toEqual({ name: 'open' }));
  expect(states.map(({ name }) => name)).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open']);
});

test('on reset history is read page by page while new messages wait their turn', async () => {
  await using server = await startServer();
  for (let n = 1; n <= 10; n++) server.say('room', `m${n}`);
  server.resetBeyond = 2;
  const { client, channel } = clientOf(server);
  await client.connect();
  const attaching = client.attach('room', { after: 0 });
  await until(() => expect(server.live[0]?.attached.has('room')).toBe(true));
  server.say('room', 'm11');
  await attaching;
  await until(() => expect(channel).toEqual(numbered(1, 11)));
  expect(server.restCalls.filter((call) => call.includes('/channels/room/')).length).toBeGreaterThan(3);
});

test('a message is acknowledged with its sequence, and its sender hears it', async () => {
  await using server = await startServer();
  const { client, channel } = clientOf(server);
  await client.connect();
  await client.attach('room');
  await expect(client.send('room', 'm1')).resolves.toMatchObject({ sequence: 1, repeated: false });
  await until(() => expect(channel).toEqual(['1:m1']));
});

test('a message whose acknowledgement was lost is sent again and kept once', async () => {
  await using server = await startServer();
  const { client } = clientOf(server);
  await client.connect();
  let lose = 2;
  server.intercept = (frame, live) => {
    if (frame.method !== 'message.send' || lose-- <= 0) return false;
    const { socket } = live;
    server.obey(frame, { ...live, socket: { send: () => {} } as unknown as typeof socket });
    socket.terminate();
    return true;
  };
  await expect(client.send('room', 'once')).resolves.toMatchObject({ sequence: 1, repeated: true });
  expect(server.streams.get('room')).toHaveLength(1);
  const ids = server.requests.filter(({ method }) => method === 'message.send').map(({ params }) => params['clientId']);
  expect(new Set(ids).size).toBe(1);
  expect(ids).toHaveLength(3);
});

test('what is sent before there is a connection goes out when there is one', async () => {
  await using server = await startServer();
  const { client } = clientOf(server);
  const connecting = client.connect();
  const sending = client.send({ directWith: 'bob' }, 'hello');
  await connecting;
  await expect(sending).resolves.toMatchObject({ sequence: 1 });
});

test('a busy server is asked again, a refusal is final, a deadline ends waiting', async () => {
  await using server = await startServer();
  const { client } = clientOf(server);
  await client.connect();
  let busy = 2;
  server.intercept = (frame, live) => {
    if (frame.method !== 'message.send') return false;
    if (frame.params['channelId'] === 'closed') server.refuse(live, frame, 'forbidden', 'closed');
    else if (frame.params['channelId'] === 'mute') return true;
    else if (busy-- > 0) server.refuse(live, frame, 'unavailable', 'overloaded', 10);
    else return false;
    return true;
  };
  await expect(client.send('room', 'm1')).resolves.toMatchObject({ sequence: 1 });
  await expect(client.send('closed', 'x')).rejects.toMatchObject({ code: 'forbidden', reason: 'closed' });
  await expect(client.send('mute', 'x', { deadlineMs: 50 })).rejects.toMatchObject({ reason: 'send_deadline' });
});

test('a goaway is obeyed after its time, without losing anything', async () => {
  await using server = await startServer();
  const { client, channel, states } = clientOf(server);
  await client.connect();
  await client.attach('room');
  server.notify('session.goaway', { reconnectAfterMs: 30 });
  server.say('room', 'm1');
  await until(() => expect(server.connections).toHaveLength(2));
  server.say('room', 'm2');
  await until(() => expect(channel).toEqual(numbered(1, 2)));
  expect(states.find(({ name }) => name === 'waiting')).toMatchObject({ cause: 'closed 1012 goaway' });
});

test('a token is renewed in band before it ends', async () => {
  await using server = await startServer();
  // Of a server whose clock is a year behind.
  const iat = Math.floor(Date.now() / 1000) - 31_536_000;
  const accessToken = `x.${btoa(JSON.stringify({ sub: 'me', iat, exp: iat + 1 }))}.x`;
  server.goodTokens.add(accessToken);
  const { client } = clientOf(server, { tokens: { accessToken, refreshToken: 'refresh-0' } });
  await client.connect();
  await until(() => expect(server.requests.some(({ method }) => method === 'session.refresh')).toBe(true));
  expect(server.connections).toHaveLength(1);
});

test('a token that is not taken is refreshed, and the new tokens are kept', async () => {
  await using server = await startServer();
  server.goodTokens.clear();
  let kept: Saved = {};
  const { client } = clientOf(server, { storage: { load: () => null, save: (saved) => void (kept = saved) } });
  await client.connect();
  expect(server.refreshes).toBe(1);
  await until(() => expect(kept.tokens).toMatchObject({ accessToken: 'token-1', refreshToken: 'refresh-1' }));
});

test('of several gateways another is taken when one is lost, also for REST', async () => {
  await using first = await startServer();
  await using second = await startServer();
  const { client } = clientOf(first, { url: [`${first.url}/`, second.url] });
  await client.connect();
  expect([first, second].map(isOpenAt)).toEqual([true, false]);
  await first[Symbol.asyncDispose]();
  await until(() => expect(isOpenAt(second)).toBe(true));
  await expect(client.rest.inbox()).resolves.toMatchObject({ head: 0 });
});

test('a session that has ended is told, and signIn begins another', async () => {
  await using server = await startServer();
  server.goodTokens = new Set(['fresh']);
  server.refreshes = -1;
  const over = clientOf(server);
  await expect(over.client.connect()).rejects.toMatchObject({ code: 'unauthenticated', reason: 'signed_out' });
  expect(over.states.at(-1)).toMatchObject({ name: 'closed' });
  const again = clientOf(server, { signIn: () => Promise.resolve({ accessToken: 'fresh' }) });
  await again.client.connect();
});

test('4403 is final; 4401, 1012 and 1013 are not', async () => {
  await using server = await startServer();
  const { client, states } = clientOf(server);
  await client.connect();
  for (const [count, code] of [4401, 1012, 1013].entries()) {
    server.live[0]?.socket.close(code, 'x');
    await until(() => {
      expect(server.connections).toHaveLength(count + 2);
      expect(states.at(-1)).toEqual({ name: 'open' });
    });
  }
  expect(server.refreshes).toBe(1);
  server.live[0]?.socket.close(4403, 'barred');
  await until(() => expect(states.at(-1)).toMatchObject({ name: 'closed', error: { reason: 'barred' } }));
  await expect(client.send('room', 'x')).rejects.toMatchObject({ reason: 'client_closed' });
});

test('a server that has fallen silent is left', async () => {
  await using server = await startServer();
  const { client, states } = clientOf(server, { pingAfterMs: 60, requestTimeoutMs: 60 });
  await client.connect();
  server.intercept = ({ method }) => method === 'ping';
  await until(() => expect(states.some(({ name }) => name === 'waiting')).toBe(true));
});

test('an attach that is refused says so, and a detached channel is heard no more', async () => {
  await using server = await startServer();
  const { client, channel } = clientOf(server);
  await client.connect();
  await expect(client.attach('forbidden')).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  await client.attach('room');
  client.detach('room');
  server.say('room', 'm1');
  await client.attach('room');
  await until(() => expect(channel).toEqual(['1:m1']));
});

test('another run goes on where the storage says', async () => {
  await using server = await startServer();
  for (let n = 1; n <= 5; n++) server.say('room', `m${n}`);
  for (let n = 1; n <= 3; n++) server.sayDirect(`m${n}`);
  let kept: Saved = { inbox: 1, channels: { room: 3 } };
  const storage = { load: () => kept, save: (saved: Saved) => void (kept = saved) };
  const { client, channel, inbox } = clientOf(server, { storage });
  await client.connect();
  await client.attach('room');
  await until(() => expect([channel, inbox]).toEqual([numbered(4, 5), numbered(2, 3)]));
  await until(() => expect(kept).toMatchObject({ inbox: 3, channels: { room: 5 } }));
});

test('whoever is removed from a channel is told, and asks for it no more', async () => {
  await using server = await startServer();
  const { client } = clientOf(server);
  const lost: unknown[] = [];
  client.on('detached', (event) => lost.push(event));
  await client.connect();
  await client.attach('room');
  server.notify('member.removed', { channelId: 'room', membershipVersion: 2, accountId: 'somebody else' });
  server.notify('member.removed', { channelId: 'room', membershipVersion: 3, accountId: 'me' });
  await until(() => expect(lost).toMatchObject([{ channelId: 'room', error: { reason: 'not_member' } }]));
  server.live[0]?.socket.terminate();
  await until(() => expect(server.connections).toHaveLength(2));
  await until(() =>
    expect(server.requests.at(-1)).toMatchObject({ method: 'session.resume', params: { channels: {} } }),
  );
});

test('a stream that is shorter than before begins anew at its head', async () => {
  await using server = await startServer();
  server.say('room', 'm1');
  const { client, channel } = clientOf(server);
  await client.connect();
  await client.attach('room', { after: 40 });
  server.say('room', 'm2');
  await until(() => expect(channel).toEqual(['2:m2']));
});

test('news are told as events', async () => {
  await using server = await startServer();
  const { client } = clientOf(server);
  const heard: unknown[] = [];
  client.on('typing', (event) => heard.push(event));
  client.on('memberRemoved', (event) => heard.push(event));
  await client.connect();
  server.notify('typing.started', { channelId: 'room', account: { id: 'a', name: 'Ada' } });
  server.notify('member.removed', { channelId: 'room', membershipVersion: 2, accountId: 'a' });
  server.notify('something.newer', {});
  await until(() => expect(heard).toHaveLength(2));
});

test('through drops, doubles, reordering, lost answers and broken connections nothing is lost, doubled or out of order', async () => {
  await using server = await startServer();
  server.resetBeyond = 6;
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const late: (() => void)[] = [];
  server.onPush = (frame, { socket }) => {
    const dice = random();
    if (dice < 0.1) return [];
    if (dice < 0.2) return [frame, frame];
    if (dice < 0.3) {
      late.push(() => socket.readyState === socket.OPEN && socket.send(JSON.stringify(frame)));
      return [];
    }
    for (const each of late.splice(0)) each();
    return [frame];
  };
  server.intercept = (frame, live) => {
    if (frame.method !== 'message.send' || random() > 0.15) return false;
    if (random() > 0.5) server.obey(frame, live);
    live.socket.terminate();
    return true;
  };
  const { client, channel, inbox } = clientOf(server);
  await client.connect();
  await client.attach('room');
  const sends = Array.from({ length: 120 }, (_, n) =>
    n % 3 ? client.send('room', `s${n}`) : client.send({ directWith: 'bob' }, `s${n}`),
  );
  const sent = await Promise.all(sends);
  server.onPush = (frame) => [frame];
  server.say('room', 'last');
  server.sayDirect('last');
  const all = (messages: readonly { sequence: number; content: unknown }[]) =>
    messages.map(({ sequence, content }) => `${sequence}:${(content as { text: string }).text}`);
  await until(() => expect(channel).toEqual(all(server.streams.get('room') ?? [])));
  await until(() => expect(inbox).toEqual(all(server.inbox)));
  expect(new Set(sent.map(({ channelId, sequence }) => `${channelId} ${sequence}`)).size).toBe(120);
  expect(server.connections.length).toBeGreaterThan(3);
});
