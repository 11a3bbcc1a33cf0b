import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { conversationsUser, historyOf, join, newConversation } from '../clients/conversations.js';
import { journey } from './platforms.js';
import { ask } from '../clients/http.js';
const frameTime = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as unknown;
const nowhere = 2_147_483_000;

journey('the conversations socket, row by row', ({ url, otherUrl }) => {
  test('the confirmation comes first; every socket receives a message, the sender’s own too', async () => {
    const [ada, bob] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'bob')];
    const conversation = await newConversation(url, ada, [bob]);
    using adas = await join(url, ada, conversation);
    using bobs = await join(otherUrl, bob, conversation);
    expect(adas.received[0]).toEqual({
      type: 'connection',
      status: 'connected',
      conversation_id: conversation.id,
      user_id: ada.id,
    });
    adas.send({ content: 'Hello, WebSocket!', ignored: true });
    const received = {
      type: 'message',
      id: expect.any(Number),
      content: 'Hello, WebSocket!',
      sender_id: ada.id,
      sender_name: ada.username,
      conversation_id: conversation.id,
      created_at: frameTime,
    };
    const own = await adas.waitFor('message');
    expect(own).toEqual(received);
    expect(await bobs.waitFor('message')).toEqual(own);
    bobs.socket.send(Buffer.from(JSON.stringify({ content: 'from Python' })), { binary: true });
    await expect(adas.waitFor('message')).resolves.toMatchObject({ content: 'from Python', sender_name: bob.username });
    expect((await historyOf(otherUrl, bob, conversation)).map(({ content }) => content)).toEqual([
      'Hello, WebSocket!',
      'from Python',
    ]);
  });

  test('a frame sent in onopen is not lost, and a last slash does not matter', async () => {
    const ada = await conversationsUser(url);
    const conversation = await newConversation(url, ada, [ada]);
    using socket = await openSocket(`${url}/conversations/${conversation.id}/ws/?token=${ada.token}`, {
      first: [{ content: 'early' }],
    });
    await expect(socket.waitFor('message')).resolves.toMatchObject({ content: 'early' });
    expect(socket.received[0]).toMatchObject({ type: 'connection' });
  });

  test('leaving is announced once for each socket that closed, also by a drop; joining is not', async () => {
    const [ada, bob] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'bob')];
    const conversation = await newConversation(url, ada, [bob]);
    using adas = await join(url, ada, conversation);
    using first = await join(otherUrl, bob, conversation);
    using second = await join(url, bob, conversation);
    const left = { type: 'user_left', user_id: bob.id, username: bob.username };
    first.close();
    await expect(adas.waitFor('user_left')).resolves.toEqual(left);
    await expect(second.waitFor('user_left')).resolves.toEqual(left);
    second.socket.terminate();
    await expect(adas.waitFor('user_left')).resolves.toEqual(left);
    await expect(first.closed).resolves.toMatchObject({ code: 1000 });
    adas.send({ content: 'alone' });
    await adas.waitFor('message');
    expect(adas.received.map(({ type }) => type)).toEqual(['connection', 'user_left', 'user_left', 'message']);
  });

  test('W4.6: a refused socket gets the reason in fixed words and closed with the README’s codes', async () => {
    const [ada, eve] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'eve')];
    const { id } = await newConversation(url, ada, [ada]);
    for (const [path, message, code] of [
      [`${id}/ws`, 'Missing authentication token', 4001],
      [`${id}/ws?token=`, 'Missing authentication token', 4001],
      [`${id}/ws?token=nonsense`, 'Invalid token', 4001],
      [`${nowhere}/ws?token=nonsense`, 'Invalid token', 4001],
      [`${nowhere}/ws?token=${eve.token}`, 'Conversation not found', 4004],
      [`one/ws?token=${eve.token}`, 'Conversation not found', 4004],
      [`${id}/ws?token=${eve.token}`, 'You are not a participant in this conversation', 4003],
    ] as const) {
      using socket = await openSocket(`${url}/conversations/${path}`);
      await expect(socket.waitFor('error')).resolves.toEqual({ type: 'error', message });
      await expect(socket.closed).resolves.toEqual({ code, reason: message });
    }
  });

  test('a token of another wire is a bad one', async () => {
    const ada = await conversationsUser(url);
    const { id } = await newConversation(url, ada, [ada]);
    const credentials = { username: ada.username, password: ada.password };
    await ask('POST', `${url}/api/auth/signup`, { body: credentials });
    const { body } = await ask('POST', `${url}/api/auth/login`, { body: credentials });
    const { access_token: foreign } = body as { access_token: string };
    using socket = await openSocket(`${url}/conversations/${id}/ws?token=${foreign}`);
    await expect(socket.closed).resolves.toMatchObject({ code: 4001 });
    expect((await ask('GET', `${url}/conversations/`, { token: foreign })).status).toBe(401);
  });

  test('W4.3, W4.4: bad frames are answered, nothing of them is kept, and the socket stays open', async () => {
    const [ada, bob] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'bob')];
    const conversation = await newConversation(url, ada, [bob]);
    using adas = await join(url, ada, conversation);
    using bobs = await join(otherUrl, bob, conversation);
    const bad = ['{', '[]', '{}', { content: '' }, { content: null }, { content: { a: 1 } }, { content: 'a\0' }];
    for (const frame of bad) {
      adas.send(frame);
      await expect(adas.waitFor('error')).resolves.toEqual({ type: 'error', message: expect.any(String) });
    }
    adas.send({ content: 'still here' });
    await expect(bobs.waitFor('message')).resolves.toMatchObject({ content: 'still here' });
    expect(bobs.received).toHaveLength(2);
    expect(await historyOf(url, ada, conversation)).toHaveLength(1);
  });

  test('a long history comes whole, oldest first, in the order in which it was received', async () => {
    const [ada, bob] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'bob')];
    const conversation = await newConversation(url, ada, [bob]);
    using adas = await join(url, ada, conversation);
    using bobs = await join(otherUrl, bob, conversation);
    const count = 60;
    for (let n = 0; n < count; n += 1) (n % 2 ? adas : bobs).send({ content: `${n} ${'x'.repeat(10_000)}` });
    const received: unknown[] = [];
    while (received.length < count) received.push((await adas.waitFor('message'))['id']);
    // More than one page of the bus.
    expect((await historyOf(otherUrl, bob, conversation)).map(({ id }) => id)).toEqual(received);
  });
});
