import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';

journey('the rooms socket, row by row', ({ url }) => {
  test('frames and history items have these keys, and typing and leaving are neither kept nor sent', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    const bobs = await enter(url, bob, room);
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/) as unknown;
    await expect(adas.waitFor('user_joined')).resolves.toEqual({
      type: 'user_joined',
      room_id: room.id,
      sender: bob.username,
      message: `${bob.username} joined the chat`,
      timestamp,
    });
    bobs.send({ type: 'typing' });
    bobs.send({ type: 'message', content: 'one' });
    const message = {
      type: 'message',
      message_id: expect.any(Number) as unknown,
      room_id: room.id,
      sender: bob.username,
      message: 'one',
      message_type: 'text',
      file_url: null,
      file_name: null,
      file_size: null,
      mime_type: null,
      timestamp,
      reactions: [],
      user_reaction: null,
    };
    await expect(adas.waitFor('message')).resolves.toEqual(message);
    bobs.close();
    await bobs.closed;
    using again = await enter(url, bob, room);
    again.send({ type: 'message', content: 'two' });
    await adas.waitFor(({ message: said }) => said === 'two');
    expect(adas.received.map(({ type }) => type)).toEqual([
      'connected',
      'user_joined',
      'typing',
      'message',
      'user_joined',
      'message',
    ]);
    const { body } = await ask('GET', `${url}/api/messages/${room.id}`, { token: ada.token });
    expect(body).toEqual([message, { ...message, message: 'two' }]);
  });

  test('W1.5: an account that a room refuses has not been in it', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    for (const query of ['', '?token=nonsense']) {
      using refused = await openSocket(`${url}/ws/chat/${room.id}${query}`, {
        first: [{ type: 'message', content: 'from nobody' }, { type: 'typing' }],
      });
      await refused.closed;
      expect(refused.received.map(({ type }) => type)).toEqual(['error']);
    }
    using bobs = await enter(url, bob, room);
    bobs.send({ type: 'message', content: 'from Bob' });
    await adas.waitFor('message');
    expect(adas.received.map(({ type, sender }) => [type, sender])).toEqual([
      ['connected', undefined],
      ['user_joined', bob.username],
      ['message', bob.username],
    ]);
  });

  test('a socket without a token, with a bad one, and into no room gets the reason and is closed', async () => {
    const user = await roomsUser(url);
    for (const [path, message, code] of [
      ['/ws/chat/1', 'Not authenticated', 1008],
      ['/ws/chat/1?token=nonsense', 'Could not validate credentials', 1008],
      [`/ws/chat/2147483000?token=${user.token}`, 'Room not found', 1000],
    ] as const) {
      using socket = await openSocket(`${url}${path}`);
      await expect(socket.waitFor('error')).resolves.toEqual({ type: 'error', message });
      await expect(socket.closed).resolves.toMatchObject({ code });
    }
  });

  test('a room may be named in any case, and the greeting says which it is', async () => {
    const user = await roomsUser(url);
    const room = await newRoom(url, user, unique('Tech Talk'));
    const path = `/ws/chat/${encodeURIComponent(room.name.toUpperCase())}`;
    using socket = await openSocket(`${url}${path}?token=${user.token}`);
    await expect(socket.waitFor('connected')).resolves.toEqual({
      type: 'connected',
      room_id: room.id,
      room_name: room.name,
      message: `Connected to ${room.name}`,
      timestamp: expect.any(String),
    });
  });

  test('bad frames are answered and the socket stays open', async () => {
    const user = await roomsUser(url);
    const room = await newRoom(url, user);
    using socket = await enter(url, user, room);
    socket.send('{');
    await expect(socket.waitFor('error')).resolves.toEqual({ type: 'error', message: 'Invalid JSON format' });
    socket.send({ type: 'message' });
    await expect(socket.waitFor('error')).resolves.toEqual({
      type: 'error',
      message: "Missing 'content', 'file_url' or 'attachment'",
    });
    socket.send({ type: 'message', content: 'x'.repeat(16_385) });
    await expect(socket.waitFor('error')).resolves.toMatchObject({ type: 'error' });
    socket.send({ type: 'unheard of' });
    using other = await enter(url, await roomsUser(url), room);
    socket.send({ type: 'message', content: 'still here' });
    await expect(other.waitFor('message')).resolves.toMatchObject({ message: 'still here' });
    const { body } = await ask('GET', `${url}/api/messages/${room.id}`, { token: user.token });
    expect(body).toHaveLength(1);
  });
});
