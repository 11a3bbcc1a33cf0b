// What the old servers were weak at and their clients rely on is an option: each here as it comes, and in its strict form.
import jwt from 'jsonwebtoken';
import { eventually, openSocket } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conversationsUser, join, newConversation, signIn } from '../clients/conversations.js';
import { chatSocket, fluentUser, sealed } from '../clients/fluent.js';
import { connect as meshSocket, meshUser, organizationOf, registerFrame } from '../clients/mesh.js';
import { unique } from '../journeys/platforms.js';
import { ask } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, connect, direct, register, topicCall, toTopic } from '../clients/swifty.js';
import { v1User } from '../clients/v1.js';
import { startWith } from './platform.js';
import type { Settled } from './platform.js';

const minuteMs = 60_000;
const publishedSecrets = [
  'your-secret-key-change-in-production',
  'your-secret-key-here',
  'your-secret-key-change-this-in-production',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
];
const livesOf = (token: string): number => {
  const { exp, iat } = jwt.decode(token) as { exp: number; iat: number };
  return (exp - iat) / 60;
};

/** A socket of each old wire that was let in, and what its user's token is. */
const oneOfEach = async (url: string) => {
  const [device, roomer, agent, writer, ada] = await Promise.all([
    aDevice(url),
    roomsUser(url),
    meshUser(url),
    conversationsUser(url),
    fluentUser(url),
  ]);
  await organizationOf(url, [agent]);
  const room = await newRoom(url, roomer);
  const conversation = await newConversation(url, writer, [writer]);
  const [swifty, rooms, mesh, fluent, conversations] = await Promise.all([
    connect(url, device),
    enter(url, roomer, room),
    meshSocket(url, agent),
    chatSocket(url, ada),
    join(url, writer, conversation),
  ]);
  /** Each of them is received, and says so. */
  const works = async (): Promise<void> => {
    swifty.send(direct(device, device));
    await swifty.waitFor('sent');
    rooms.send('{');
    await rooms.waitFor('error');
    mesh.send(registerFrame(unique('agent')));
    await mesh.waitFor('register_agent_response');
    fluent.send(sealed(ada, 'x'));
    await fluent.waitFor(({ content }) => content === 'sender:x');
    conversations.send({ content: 'x' });
    await conversations.waitFor('message');
  };
  return { sockets: { swifty, rooms, mesh, fluent, conversations }, device, roomer, agent, ada, writer, works };
};

describe('as it comes', () => {
  let parley: Settled;
  let url = '';
  beforeAll(async () => {
    parley = await startWith();
    ({ url } = parley);
  });
  afterAll(() => parley.stop());

  test('W0.4, W1.5: no log has a token, a password or what was said, at any level', async () => {
    const { sockets, device, roomer, agent, ada, writer, works } = await oneOfEach(url);
    await works();
    const topic = unique('topic');
    await topicCall(url, 'create', device, topic);
    await topicCall(url, 'create', device, topic);
    const said = `said ${unique('words')}`;
    sockets.rooms.send({ type: 'message', content: said });
    sockets.conversations.send({ content: said });
    await sockets.conversations.waitFor(({ content }) => content === said);
    for (const path of ['/nowhere', '/topics/create', '/ws', '/clients', '/api/auth/me', '/%zz']) {
      await ask('GET', `${url}${path}?token=${device.token}`, { token: roomer.token });
    }
    using refused = await openSocket(`${url}/conversations/1/ws?token=${roomer.token}`);
    await refused.closed;
    await signIn(url, writer.username, `${writer.password} not`);
    await ask('POST', `${url}/auth/refresh`, { body: { refresh_token: ada.refreshToken } });
    // Where something breaks, more is written.
    await parley.without('topics', async () => {
      sockets.swifty.send({ ...toTopic(device, topic), content: said });
      await sockets.swifty.waitFor('error');
      expect((await topicCall(url, 'subscribe', device, topic)).status).toBe(503);
    });
    for (const socket of Object.values(sockets)) socket.close();
    const all = parley.logged.join('');
    expect(parley.logged.length).toBeGreaterThan(20);
    const secrets = [device, roomer, agent, ada, writer].flatMap((user) => [
      user.token,
      ...('password' in user ? [user.password] : []),
      ...('refreshToken' in user ? [user.refreshToken] : []),
    ]);
    for (const secret of [...secrets, said, 'sender:x', 'Message content']) expect(all).not.toContain(secret);
    // Nor the beginning of a token, which one of the old servers wrote.
    expect(all).not.toMatch(/eyJ[\w-]{10}/);
  });

  test('W0.4, W4.1: a token that was made with a published secret opens nothing', async () => {
    const { roomer, device, writer, ada, agent } = await oneOfEach(url);
    const paths = {
      rooms: [roomer.token, '/api/auth/me'],
      conversations: [writer.token, '/conversations/'],
      fluent: [ada.token, '/chat/chat_list'],
      mesh: [agent.token, '/organizations'],
      swifty: [device.token, ''],
    } as const;
    for (const [wire, [token, path]] of Object.entries(paths)) {
      const { header, payload } = jwt.decode(token, { complete: true })!;
      const keys = (await ask('GET', `${url}/.well-known/jwks.json`)).body as { keys: { n: string }[] };
      const secrets = [...publishedSecrets, keys.keys[0]!.n];
      const forged = [
        ...secrets.map((secret) => jwt.sign(payload, secret, { algorithm: 'HS256', keyid: header.kid! })),
        `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${token.split('.')[1]}.`,
      ];
      for (const each of forged) {
        const { status } =
          wire === 'swifty'
            ? await topicCall(url, 'create', { ...device, token: each }, unique('topic'))
            : await ask('GET', url + path, { token: each });
        expect([wire, status]).toEqual([wire, 401]);
        using socket = await openSocket(`${url}/wires/swifty/ws?token=${each}`);
        expect((await socket.closed).code).toBe(1008);
      }
    }
  });

  test('W*: a socket of an old wire outlives its token, as there; its token opens nothing any more, and v1’s is closed', async () => {
    const { sockets, roomer, ada, writer, works } = await oneOfEach(url);
    const user = await v1User(url);
    using v1 = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
    await v1.waitFor('session.opened');
    parley.later(3001 * minuteMs);
    expect(await v1.closed).toEqual({ code: 4401, reason: 'token_expired' });
    for (const [path, token] of [
      ['/api/auth/me', roomer.token],
      ['/chat/chat_list', ada.token],
      ['/conversations/', writer.token],
    ] as const) {
      await eventually(async () => expect((await ask('GET', url + path, { token })).status).toBe(401));
    }
    await works();
    for (const socket of Object.values(sockets)) socket.close();
  });

  test('W*: ending a session closes its sockets all the same', async () => {
    const [user, other] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, user);
    using socket = await enter(url, user, room);
    using stays = await enter(url, other, room);
    await ask('POST', `${url}/api/auth/logout`, { token: user.token });
    expect((await socket.closed).code).toBe(1008);
    stays.send('{');
    await stays.waitFor('error');
  });

  test('W*: failed sign-ins are counted, for each account; good ones never', async () => {
    const [roomer, agent, ada, writer] = [
      await roomsUser(url),
      await meshUser(url),
      await fluentUser(url),
      await conversationsUser(url),
    ];
    const attempts = {
      rooms: (password: string) =>
        ask('POST', `${url}/api/auth/login`, { body: { username: roomer.username, password } }),
      mesh: (password: string) => ask('POST', `${url}/login`, { body: { email: agent.email, password } }),
      fluent: (password: string) => ask('POST', `${url}/auth/login`, { body: { username: ada.username, password } }),
      conversations: (password: string) => signIn(url, writer.username, password),
    };
    const right = { rooms: 'password123', mesh: agent.password, fluent: ada.password, conversations: writer.password };
    for (const [wire, attempt] of Object.entries(attempts)) {
      const password = right[wire as keyof typeof right];
      // More than may fail.
      for (let n = 0; n < (wire === 'rooms' ? 12 : 1); n += 1) expect((await attempt(password)).status).toBe(200);
      const statuses: number[] = [];
      for (let n = 0; n < 11; n += 1) statuses.push((await attempt('wrong')).status);
      expect([wire, ...statuses]).toEqual([wire, ...Array<number>(10).fill(401), 429]);
      const refused = await attempt(password);
      expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    }
    // Somebody else may.
    expect((await roomsUser(url)).token).toEqual(expect.any(String));
  });

  test('W3.3, W0.3: the directories are open, as the old clients ask', async () => {
    for (const path of ['/auth/get_all_users', '/users/search?query=a', '/clients', '/topics']) {
      expect([path, (await ask('GET', url + path)).status]).toEqual([path, 200]);
    }
  });

  test('W4.5: tokens of conversations live as long as the README says', async () => {
    const { token } = await conversationsUser(url);
    expect(livesOf(token)).toBe(3000);
  });

  test('what else keeps somebody out of a conversation is 4000, and the others get a code to come back', async () => {
    const [writer, user] = [await conversationsUser(url), await roomsUser(url)];
    const conversation = await newConversation(url, writer, [writer]);
    const room = await newRoom(url, user);
    await parley.without('topics', async () => {
      using socket = await openSocket(`${url}/conversations/${conversation.id}/ws?token=${writer.token}`);
      expect(await socket.waitFor('error')).toEqual({ type: 'error', message: 'Not available right now' });
      expect(await socket.closed).toEqual({ code: 4000, reason: 'Not available right now' });
      using inRoom = await openSocket(`${url}/ws/chat/${room.id}?token=${user.token}`);
      expect(await inRoom.closed).toMatchObject({ code: 1013 });
    });
    using again = await join(url, writer, conversation);
    expect(again.received).toHaveLength(1);
  });

  test('W3.5, W4.6: what goes wrong inside is reported in each wire’s words, and the connection stays', async () => {
    const { sockets, device, ada, works } = await oneOfEach(url);
    const message = direct(device, device);
    await parley.without('chat', async () => {
      sockets.swifty.send(message);
      expect(await sockets.swifty.waitFor('error')).toMatchObject({
        type: 'error',
        message: 'Error processing message: Not available right now',
      });
      sockets.fluent.send(sealed(ada, 'lost'));
      expect(await sockets.fluent.waitFor(() => true)).toEqual({ text: 'Server error: Not available right now' });
      for (const [socket, frame] of [
        [sockets.rooms, { type: 'message', content: 'lost' }],
        [sockets.conversations, { content: 'lost' }],
      ] as const) {
        socket.send(frame);
        expect(await socket.waitFor('error')).toEqual({ type: 'error', message: 'Not available right now' });
      }
    });
    await parley.without('signaling', async () => {
      sockets.mesh.send(registerFrame('a'));
      const { error } = await sockets.mesh.waitFor((frame) => typeof frame.error === 'string');
      expect(error).toBe('Registration failed: Not available right now');
    });
    await works();
    for (const socket of Object.values(sockets)) socket.close();
  });
});

describe('in the strict forms', () => {
  let parley: Settled;
  let url = '';
  beforeAll(async () => {
    parley = await startWith({
      PARLEY_SOCKETS_END_WITH_TOKEN: 'true',
      PARLEY_FLUENT_OPEN_DIRECTORY: 'false',
      PARLEY_MESH_OPEN_ORGANIZATIONS: 'false',
      PARLEY_SWIFTY_TOKENS_REQUIRED: 'true',
      PARLEY_SWIFTY_TOKEN_TO_REREGISTER: 'true',
      PARLEY_ACCESS_MINUTES_CONVERSATIONS: '10',
    });
    ({ url } = parley);
  });
  afterAll(() => parley.stop());

  test('W3.3: fluent’s directory wants a token', async () => {
    const ada = await fluentUser(url, 'Ada');
    for (const path of ['/auth/get_all_users', `/users/search?query=${ada.username}`]) {
      const none = await ask('GET', url + path);
      expect([none.status, none.body]).toEqual([401, { detail: 'Not authenticated' }]);
      const found = await ask('GET', url + path, { token: ada.token });
      expect([found.status, (found.body as { id: number }[]).map(({ id }) => id)]).toEqual([200, [ada.id]]);
    }
    const { body } = await ask('GET', `${url}/openapi.json`);
    const { paths } = body as { paths: Record<string, { get: { security: object[] } }> };
    expect(paths['/users/search']?.get.security).toEqual([{ fluent: [] }]);
  });

  test('W2.1: an organization is joined by invitation, unless whoever makes it says that it is open', async () => {
    const [ada, bob, eve] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    const post = (path: string, token: string, body?: object) =>
      ask('POST', url + path, { token, ...(body && { body }) });
    const id = await organizationOf(url, [ada]);
    const closed = await post(`/organizations/${id}/join`, bob.token);
    const detail = 'Joining this organization needs an invitation';
    expect([closed.status, closed.body]).toEqual([403, { detail }]);
    const invitations = `/organizations/${id}/invitations`;
    expect((await post(invitations, bob.token)).status).toBe(403);
    const invited = await post(invitations, ada.token);
    expect([invited.status, invited.body]).toMatchObject([200, { status: 'invited' }]);
    const { invitation } = invited.body as { invitation: string };
    expect((await post(`/organizations/${id}/join`, bob.token, { invitation })).body).toEqual({ status: 'joined' });
    expect((await post(`/organizations/${id}/join`, eve.token, { invitation })).status).toBe(403);
    const { body } = await post('/organizations', ada.token, { name: 'x', subnet: '10.0.0.0/24', open: true });
    expect((await post(`/organizations/${(body as { id: number }).id}/join`, eve.token)).status).toBe(200);
  });

  test('W0.1, W0.3: swifty’s lists want a token, and so does a known uuid', async () => {
    const device = await aDevice(url);
    for (const path of ['/clients', '/topics']) expect((await ask('GET', url + path)).status).toBe(401);
    expect((await register(url, device.uuid, 'Mallory')).status).toBe(409);
    expect((await register(url, device.uuid, 'Alice', device.token)).status).toBe(200);
  });

  test('W4.5: tokens of conversations may live shorter', async () => {
    expect(livesOf((await conversationsUser(url)).token)).toBe(10);
  });

  test('W*: a socket ends with its token, in the words and with the code of its wire', async () => {
    const { sockets, device, writer, roomer } = await oneOfEach(url);
    parley.later(1441 * minuteMs);
    const ended = async (wire: keyof typeof sockets) => (await sockets[wire].closed).code;
    for (const wire of ['swifty', 'rooms', 'mesh', 'fluent'] as const)
      expect([wire, await ended(wire)]).toEqual([wire, 1008]);
    expect(await ended('conversations')).toBe(4001);
    expect(sockets.conversations.received.at(-1)).toEqual({ type: 'error', message: 'The token has expired' });
    expect(sockets.rooms.received.at(-1)).toEqual({ type: 'error', message: 'Could not validate credentials' });
    // An expired token opens none either.
    for (const [path, code] of [
      [`/ws?token=${device.token}`, 1008],
      [`/conversations/1/ws?token=${writer.token}`, 4001],
      [`/ws/chat/1?token=${roomer.token}`, 1008],
    ] as const) {
      using socket = await openSocket(url + path);
      expect((await socket.closed).code).toBe(code);
    }
    // Whoever registers with it again comes back.
    const renewed = await register(url, device.uuid, 'Alice', device.token);
    using again = await connect(url, { ...device, token: (renewed.body as { token: string }).token });
    expect(again.received).toHaveLength(1);
  });
});
