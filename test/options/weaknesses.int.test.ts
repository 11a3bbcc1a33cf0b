// What the old servers were weak at and their clients rely on is an option: each here as it comes, and in its strict form.
import jwt from 'jsonwebtoken';
import { eventually, openSocket } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conversationsUser, join, newConversation, signIn } from '../clients/conversations.js';
import { fluentUser, sealed } from '../clients/fluent.js';
import { meshUser, registerFrame } from '../clients/mesh.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { direct, topicCall, toTopic } from '../clients/swifty.js';
import { v1User } from '../clients/v1.js';
import { startWith } from './platform.js';
import type { Settled } from './platform.js';
import { livesOf, oneOfEach, minuteMs } from './old-sockets.js';
const publishedSecrets = [
  'your-secret-key-change-in-production',
  'your-secret-key-here',
  'your-secret-key-change-this-in-production',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
];

describe('as it comes', () => {
  let parley: Settled;
  let url = '';
  beforeAll(async () => {
    parley = await startWith({}, { logLevel: 'trace' });
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
