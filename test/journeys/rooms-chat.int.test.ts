import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';

journey('two people chat in a room', ({ url, otherUrl }) => {
  test('what one says the other receives, wherever they are connected, and history keeps it', async () => {
    const [ada, bob] = [await roomsUser(url, 'ada'), await roomsUser(otherUrl, 'bob')];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    await expect(adas.waitFor('user_joined')).resolves.toMatchObject({
      room_id: room.id,
      sender: bob.username,
      message: `${bob.username} joined the chat`,
    });

    adas.send({ type: 'typing' });
    await expect(bobs.waitFor('typing')).resolves.toMatchObject({ sender: ada.username, room_id: room.id });
    adas.send({ type: 'message', content: 'Hello, world!' });
    const received = await bobs.waitFor('message');
    expect(received).toMatchObject({
      type: 'message',
      room_id: room.id,
      sender: ada.username,
      message: 'Hello, world!',
    });
    expect(received['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);

    bobs.send(JSON.stringify({ type: 'message', content: 'Hello, Ada!' }));
    await expect(adas.waitFor('message')).resolves.toMatchObject({ sender: bob.username, message: 'Hello, Ada!' });
    // The sender's own socket receives no echo: the first message that Ada received was Bob's.
    const { body } = await ask('GET', `${otherUrl}/api/messages/${room.id}`, { token: ada.token });
    expect(body).toMatchObject([
      { type: 'message', message_id: received['message_id'], sender: ada.username, message: 'Hello, world!' },
      { type: 'message', sender: bob.username, message: 'Hello, Ada!' },
    ]);
  });

  test('a hundred messages from two speakers are received once each, in the order of the history', async () => {
    const [ada, bob, eve] = [await roomsUser(url), await roomsUser(otherUrl), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    using eves = await enter(otherUrl, eve, room);
    for (let n = 0; n < 50; n += 1) {
      adas.send({ type: 'message', content: `a${n}` });
      bobs.send({ type: 'message', content: `b${n}` });
    }
    const received: unknown[] = [];
    while (received.length < 100) received.push((await eves.waitFor('message'))['message_id']);
    const { body } = await ask('GET', `${url}/api/messages/${room.id}`, { token: eve.token });
    expect((body as { message_id: number }[]).map(({ message_id }) => message_id)).toEqual(received);
    const fromAda = (body as { sender: string; message: string }[]).filter(({ sender }) => sender === ada.username);
    expect(fromAda.map(({ message }) => message)).toEqual(Array.from({ length: 50 }, (_, n) => `a${n}`));
  });

  test('a binary frame is text, as the README’s Swift code sends it', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    adas.socket.send(Buffer.from(JSON.stringify({ type: 'message', content: 'from Swift' })), { binary: true });
    await expect(bobs.waitFor('message')).resolves.toMatchObject({ message: 'from Swift' });
  });

  test('a frame sent in onopen is not lost', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using bobs = await enter(otherUrl, bob, room);
    using _adas = await enter(url, ada, room, { first: [{ type: 'message', content: 'early' }] });
    await expect(bobs.waitFor('message')).resolves.toMatchObject({ message: 'early' });
  });

  test('the room list says what was said last and how much was not read', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(url, bob, room);
    adas.send({ type: 'message', content: 'one' });
    adas.send({ type: 'message', content: 'two' });
    await bobs.waitFor(({ message }) => message === 'two');
    const eve = await roomsUser(url);
    const listed = async () => {
      const { body } = await ask('GET', `${otherUrl}/api/rooms`, { token: eve.token });
      return (body as { id: number }[]).find(({ id }) => id === room.id);
    };
    expect(await listed()).toMatchObject({ unread_count: 2, last_message: { message: 'two', sender: ada.username } });
    using _eves = await enter(url, eve, room);
    expect(await listed()).toMatchObject({ unread_count: 0 });
  });
});
