import { readFileSync } from 'node:fs';
import { openSocket, type TestSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journeyOnOne } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { as, v1User, type V1User } from '../clients/v1.js';

const nobody = '00000000-0000-4000-8000-00000000dead';
const content = { type: 'text', text: 'hello' };
const inside =
  /\.[jt]s:\d+|node_modules|\n {1,8}at |insert into|select .+ from|relation "|violates|pg_|knex|ECONN|nats:/i;

/** The methods of the socket as the protocol's page lists them, so that none is forgotten. */
const methods = (() => {
  const page = readFileSync(new URL('../../docs/protocol-v1.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('### Methods'), page.indexOf('`stream` is how'));
  return [...table.matchAll(/^\| `([a-z.]+)`/gm)].map(([, method = '']) => method);
})();

interface Call {
  readonly method: string;
  readonly params?: unknown;
}

/** Params that would be taken, were it not for one part of them. */
const soundFor = (method: string, channelId: string): Record<string, unknown> => {
  switch (method) {
    case 'session.authenticate':
    case 'session.refresh':
      return { accessToken: 'a.b.c' };
    case 'session.resume':
      return { inbox: 0, channels: { [channelId]: 0 } };
    case 'message.send':
      return { channelId, clientId: 'bad', content };
    case 'channel.attach':
      return { channelId, after: 0 };
    case 'receipt.record':
      return { channelId, sequence: 1 };
    default:
      return { channelId };
  }
};

const wrongValues: unknown[] = [
  null,
  [[]],
  true,
  1e300,
  -1.5,
  '',
  'x'.repeat(20_000),
  'a\0b',
  '\ud800',
  '>',
  { '\0': 1 },
];

const badCalls = (method: string, channelId: string): Call[] => [
  ...[[], [channelId], 'text', 7, true].map((params) => ({ method, params })),
  ...Object.entries(soundFor(method, channelId)).flatMap(([name]) =>
    wrongValues
      // A client may name its message as it likes.
      .filter((value) => value !== '>' || name !== 'clientId')
      .map((value) => ({ method, params: { ...soundFor(method, channelId), [name]: value } })),
  ),
];

const bearer = ({ token }: { readonly token: string }) => ({ headers: { authorization: `Bearer ${token}` } });

journeyOnOne('bad frames are answered, the connection stays, and nothing is left', ({ url, otherUrl }) => {
  const opened = async (user: V1User, at = otherUrl): Promise<TestSocket> => {
    const socket = await openSocket(`${at}/v1/socket`, bearer(user));
    await socket.waitFor('session.opened');
    return socket;
  };
  const groupOf = async (user: V1User) => {
    const { body } = await as(url, user)('POST /channels', { kind: 'group', title: unique('ours') });
    return (body as { id: string }).id;
  };
  const refusedAll = async (user: V1User, calls: readonly Call[]) => {
    const wrong: string[] = [];
    // Fewer at once than the allowance of one connection.
    for (let at = 0; at < calls.length; at += 60) {
      using socket = await opened(user);
      const some = calls.slice(at, at + 60);
      some.forEach((call, id) => socket.send({ jsonrpc: '2.0', id, ...call }));
      for (const [id, call] of some.entries()) {
        const answer = await socket.waitFor((frame) => frame['id'] === id);
        const { code, data } = (answer['error'] ?? {}) as { code?: number; data?: { code: string } };
        const isRefused = data !== undefined && !['internal', 'unavailable', 'rate_limited'].includes(data.code);
        const text = JSON.stringify(answer);
        if (!isRefused || inside.test(text)) wrong.push(`${JSON.stringify(call).slice(0, 160)}: ${code} ${text}`);
      }
      socket.send({ jsonrpc: '2.0', id: 'still', method: 'ping' });
      await socket.waitFor((frame) => frame['id'] === 'still');
    }
    expect(wrong).toEqual([]);
  };

  test('every method of v1 with params of every wrong shape', async () => {
    expect(methods.length).toBeGreaterThan(7);
    const user = await v1User(url);
    const id = await groupOf(user);
    await refusedAll(
      user,
      methods.filter((method) => method !== 'ping').flatMap((method) => badCalls(method, id)),
    );
    expect((await as(url, user)(`GET /channels/${id}/messages`)).body).toMatchObject({ messages: [], head: 0 });
  }, 60_000);

  test('every method of v1 that names a channel: unknown ones and those of others', async () => {
    const [ada, eve] = [await v1User(url), await v1User(url, 'eve')];
    const group = await groupOf(ada);
    const { body } = await as(url, ada)('POST /directs', { accountId: ada.id });
    const { id: direct } = body as { id: string };
    const naming = methods.filter(
      (method) => 'channelId' in soundFor(method, '') && !/^(ping|channel\.detach)$/.test(method),
    );
    expect(naming.length).toBeGreaterThan(3);
    const calls = [nobody, group, direct, ada.id].flatMap((id) =>
      naming.map((method) => ({ method, params: soundFor(method, id) })),
    );
    calls.push({ method: 'message.send', params: { directWith: nobody, clientId: 'bad', content } });
    await refusedAll(eve, calls);
    for (const id of [group, direct]) {
      expect((await as(url, ada)(`GET /channels/${id}/messages`)).body).toMatchObject({ messages: [], head: 0 });
    }
  });

  test('what is no request at all', async () => {
    using socket = await opened(await v1User(url));
    const frames = [
      '{',
      '',
      '\0',
      '[]',
      'null',
      '"x"',
      '{"jsonrpc":"2.0"}',
      '{"jsonrpc":"2.0","id":{},"method":"ping"}',
    ];
    for (const frame of [...frames, `{"a":${'['.repeat(50_000)}`]) {
      socket.send(frame);
      expect(await socket.waitFor((each) => 'error' in each)).toMatchObject({
        id: null,
        error: { data: { code: 'invalid' } },
      });
    }
    socket.socket.send(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}'), { binary: true });
    expect(await socket.waitFor((frame) => frame['id'] === 1)).toMatchObject({ result: {} });
  });

  test.each([
    ['of 1 MB', (socket: TestSocket) => socket.send('x'.repeat(1_000_000)), 1009],
    [
      'that says it is text and is not UTF-8',
      (socket: TestSocket) => socket.socket.send(Buffer.from([0xff, 0xfe]), { binary: false }),
      1007,
    ],
  ])('a frame %s closes its own connection and no other', async (_, send, code) => {
    const user = await v1User(url);
    using bystander = await opened(user);
    using v1 = await opened(user);
    send(v1);
    expect(await v1.closed).toMatchObject({ code });
    const old = await roomsUser(url);
    const room = await newRoom(url, old);
    using rooms = await enter(otherUrl, old, room);
    send(rooms);
    expect(await rooms.closed).toMatchObject({ code });
    bystander.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    await bystander.waitFor((frame) => frame['id'] === 1);
    expect((await ask('GET', `${url}/api/messages/${room.id}`, { token: old.token })).body).toEqual([]);
  });

  test('somebody who sends far too much is informed, then closed', async () => {
    using socket = await opened(await v1User(url));
    for (let id = 0; id < 5_000; id += 1) socket.send({ jsonrpc: '2.0', id, method: 'ping' });
    expect(await socket.waitFor((frame) => 'error' in frame)).toMatchObject({ error: { code: -32029 } });
    expect(await socket.closed).toMatchObject({ code: 1008 });
  });

  test('rooms: every wrong frame is answered or ignored, as that wire does', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(otherUrl, ada, room);
    using bobs = await enter(url, bob, room);
    const answered = ['{', '', '[]', 'null', '7', '\0', '{"type":"message"}', `{"a":${'['.repeat(50_000)}`];
    // `content: null` is a message without text at the old server.
    const bad = [7, [], {}, true, 'x'.repeat(16_385), 'a\0b', '\ud800'];
    for (const frame of [...answered, ...bad.map((each) => ({ type: 'message', content: each }))]) {
      adas.send(frame);
      const answer = await adas.waitFor('error');
      expect(Object.keys(answer)).toEqual(['type', 'message']);
      expect(answer['message']).not.toMatch(inside);
    }
    for (const frame of [{}, { type: 7 }, { type: 'unknown', content: 'x' }, { type: ['message'], content: 'x' }])
      adas.send(frame);
    adas.send({ type: 'message', content: 'still here' });
    expect(await bobs.waitFor('message')).toMatchObject({ message: 'still here' });
    const { body } = await ask('GET', `${url}/api/messages/${room.id}`, { token: ada.token });
    expect(body).toMatchObject([{ message: 'still here' }]);
    for (const odd of ['%00', '%ff', '..%2f..', '>', '99999999999', '-1', 'x'.repeat(3_000), nobody]) {
      using nowhere = await openSocket(`${url}/ws/chat/${odd}?token=${ada.token}`);
      expect(await nowhere.waitFor('error')).toEqual({ type: 'error', message: 'Room not found' });
      expect(await nowhere.closed).toMatchObject({ code: 1000 });
    }
  });
});
