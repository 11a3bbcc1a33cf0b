import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { conversationsUser, join, newConversation } from '../clients/conversations.js';
import { chatSocket, fluentUser, sealed } from '../clients/fluent.js';
import { meshUser, organizationOf } from '../clients/mesh.js';
import { signedUpOnce } from './one-port.js';
import { journeyOnOne } from './platforms.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, connect, direct } from '../clients/swifty.js';

journeyOnOne('sockets of five wires on one port', ({ url, otherUrl }) => {
  const tokens = signedUpOnce(url);

  test('K2: a socket on /ws or /ws/ is of the wire whose token it shows, in the query or the header', async () => {
    const device = await aDevice(url);
    const user = await meshUser(url);
    await organizationOf(url, [user]);
    for (const path of ['/ws', '/ws/']) {
      for (const [query, headers] of [
        [(token: string) => `?token=${token}`, () => ({})],
        [() => '', (token: string) => ({ authorization: `Bearer ${token}` })],
      ] as const) {
        using swifty = await openSocket(otherUrl + path + query(device.token), { headers: headers(device.token) });
        await swifty.waitFor('connection');
        using mesh = await openSocket(otherUrl + path + query(user.token), { headers: headers(user.token) });
        mesh.send('{');
        await expect(mesh.waitFor(() => true)).resolves.toEqual({ error: 'Invalid JSON' });
      }
    }
  });

  test('K3: without a good token /ws says so in words of both, and closes: 4001 without one, else 1008', async () => {
    for (const [query, message, code] of [
      ['', 'No token provided', 4001],
      ['?token=', 'No token provided', 4001],
      ['?token=a.b.c', 'Invalid token', 1008],
    ] as const) {
      using socket = await openSocket(`${url}/ws${query}`);
      const expected = { type: 'error', error: message, message, timestamp: expect.any(Number) };
      await expect(socket.waitFor('error')).resolves.toEqual(expected);
      await expect(socket.closed).resolves.toEqual({ code, reason: message });
    }
  });

  test('K14: one’s own message comes back in fluent and conversations, and not in swifty and rooms', async () => {
    const [ada, writer] = [await fluentUser(url), await conversationsUser(url)];
    using fluent = await chatSocket(url, ada);
    fluent.send(sealed(ada, 'own'));
    await expect(fluent.waitFor(() => true)).resolves.toMatchObject({ content: 'sender:own' });
    using conversation = await join(url, writer, await newConversation(url, writer, [writer]));
    conversation.send({ content: 'own' });
    await expect(conversation.waitFor('message')).resolves.toMatchObject({ content: 'own' });

    const [speaker, listener] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, speaker);
    using speaks = await enter(url, speaker, room);
    using receives = await enter(url, listener, room);
    speaks.send({ type: 'message', content: 'own' });
    await receives.waitFor('message');
    receives.send({ type: 'message', content: 'answer' });
    await expect(speaks.waitFor('message')).resolves.toMatchObject({ message: 'answer' });

    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using b = await connect(url, bob);
    a.send(direct(alice, bob));
    await b.waitFor(({ from }) => from === alice.uuid);
    await a.waitFor('sent');
    expect(a.received).toHaveLength(2);
  });

  test('K16: a refused socket is accepted first, so that a browser sees the code', async () => {
    for (const [path, code] of [
      ['/ws', 4001],
      ['/ws/chat/1', 1008],
      ['/chat/ws', 1008],
      ['/conversations/1/ws', 4001],
    ] as const) {
      for (const query of ['', '?token=nonsense']) {
        using socket = await openSocket(url + path + query);
        expect((await socket.closed).code).toBe(path === '/ws' && query !== '' ? 1008 : code);
        expect(socket.received).toHaveLength(1);
      }
    }
  });

  test('K17: a binary frame is text on every wire', async () => {
    const shown = await tokens();
    const [writer, user] = [await conversationsUser(url), await roomsUser(url)];
    const conversation = await newConversation(url, writer, [writer]);
    const room = await newRoom(url, user);
    const invalid = /Invalid JSON|Invalid message format/;
    for (const path of [
      `/ws?token=${shown.swifty}`,
      `/ws?token=${shown.mesh}`,
      `/chat/ws?token=${shown.fluent}`,
      `/ws/chat/${room.id}?token=${user.token}`,
      `/conversations/${conversation.id}/ws?token=${writer.token}`,
    ]) {
      using socket = await openSocket(url + path);
      const isAnswer = (frame: object) => invalid.test(JSON.stringify(frame));
      for (const bytes of [Buffer.from('{'), Buffer.from([0x7b, 0x22])]) {
        socket.socket.send(bytes, { binary: true });
        await socket.waitFor(isAnswer);
      }
      socket.socket.ping();
      await new Promise((resolve) => socket.socket.once('pong', resolve));
    }
  });
});
