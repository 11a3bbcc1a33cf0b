// What clients of the old servers send and read back and no README says: the rows C of the wire contracts that are about content.
import { expect, test } from 'vitest';
import { conversationsUser, join, newConversation, signIn } from '../clients/conversations.js';
import { chatSocket, fluentUser, messagesOf, newFluentUser, openChat, sealed } from '../clients/fluent.js';
import { connect as meshSocket, meshUser, organizationOf, registerFrame } from '../clients/mesh.js';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, connect, direct, register } from '../clients/swifty.js';

journey('what old clients write', ({ url, otherUrl }) => {
  const file = { file_url: '/api/files/cat.jpg', file_name: 'cat.jpg', file_size: 1_024, mime_type: 'image/jpeg' };

  test('C8: a message with a file is delivered with all its fields, and history and the list of rooms have them', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    const { file_url, file_name: filename, file_size: size, mime_type } = file;
    const said = [
      [
        { content: 'Look', message_type: 'text_with_image', ...file },
        { message: 'Look', message_type: 'text_with_image' },
      ],
      [
        { message_type: 'image', attachment: { url: file_url, filename, size, mime_type } },
        { message: null, message_type: 'image' },
      ],
    ] as const;
    for (const [frame, expected] of said) {
      adas.send({ type: 'message', ...frame });
      await expect(bobs.waitFor('message')).resolves.toMatchObject({ ...expected, ...file, sender: ada.username });
    }
    const history = await ask('GET', `${otherUrl}/api/messages/${room.id}`, { token: bob.token });
    expect(history.body).toMatchObject(said.map(([, expected]) => ({ type: 'message', ...expected, ...file })));
    const rooms = await ask('GET', `${url}/api/rooms`, { token: bob.token });
    expect((rooms.body as { id: number }[]).find(({ id }) => id === room.id)).toMatchObject({
      last_message: { message: null, message_type: 'image' },
      unread_count: 2,
    });
    const read = () => ask('POST', `${url}/api/rooms/${room.id}/mark-read`, { token: bob.token });
    expect((await read()).body).toEqual({ message: 'Marked 2 messages as read', read_count: 2 });
    expect((await read()).body).toEqual({ message: 'Marked 0 messages as read', read_count: 0 });
  });

  test('C8: what is not supported is said, and nothing of it is delivered', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    adas.send({ type: 'reaction', message_id: 1, reaction_type: 'not an emoji' });
    await expect(adas.waitFor('error')).resolves.toMatchObject({ type: 'error' });
    adas.send({ type: 'message', content: 'then', ...file, file_size: 'big' });
    await expect(adas.waitFor('error')).resolves.toMatchObject({ message: "'file_size' must be a whole number" });
    adas.send({ type: 'message', content: 'and now' });
    await expect(bobs.waitFor('message')).resolves.toMatchObject({ message: 'and now' });
    for (const path of ['/api/upload-file', '/api/reactions/no-number/users']) {
      expect([path, (await ask('POST', url + path, { token: ada.token, body: {} })).status]).toEqual([path, 404]);
    }
  });

  test('C9: names of 254 characters and passwords of 1,024 sign in on every old wire, in any case', async () => {
    const name = unique('Name').padEnd(254, 'x');
    const password = 'p'.repeat(1_024);
    // The fluent app registers the e-mail address as user name, too.
    const email = `${unique('mail')}@${'d'.repeat(60)}.example.com`;
    const upper = name.toUpperCase();
    const ways = {
      rooms: [
        () => ask('POST', `${url}/api/auth/signup`, { body: { username: name, password } }),
        () => ask('POST', `${otherUrl}/api/auth/login`, { body: { username: upper, password } }),
      ],
      fluent: [
        () => ask('POST', `${url}/auth/register`, { body: { ...newFluentUser(), username: email, email, password } }),
        () => ask('POST', `${otherUrl}/auth/login`, { body: { username: email.toUpperCase(), password } }),
      ],
      conversations: [
        () =>
          ask('POST', `${url}/users/register`, {
            body: { email, username: name, first_name: 'Test', last_name: 'User', password },
          }),
        () => signIn(otherUrl, upper, password),
      ],
      mesh: [
        () => ask('POST', `${url}/register`, { body: { email, password } }),
        () => ask('POST', `${otherUrl}/login`, { body: { email: email.toUpperCase(), password } }),
      ],
    } as const;
    for (const [wire, [make, enterAs]] of Object.entries(ways)) {
      expect([wire, (await make()).status]).toEqual([wire, 200]);
      expect([wire, (await enterAs()).status]).toEqual([wire, 200]);
    }
    expect((await register(url, crypto.randomUUID(), name)).body).toMatchObject({ name });
  });

  test('C11: U+0000 is refused by every old wire in its words; what follows is delivered', async () => {
    const [alice, bobby] = [await aDevice(url), await aDevice(url)];
    using alices = await connect(url, alice);
    using bobbys = await connect(otherUrl, bobby);
    const bad = direct(alice, bobby, { content: 'a\0b' });
    alices.send(bad);
    const refused = { type: 'error', message: 'Invalid message format: not as expected: content', msgid: bad.msgid };
    await expect(alices.waitFor('error')).resolves.toMatchObject(refused);
    const good = direct(alice, bobby, { content: 'next' });
    alices.send(good);
    await expect(bobbys.waitFor(({ action }) => action === 'message')).resolves.toEqual(good);

    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    adas.send({ type: 'message', content: 'a\0b' });
    await expect(adas.waitFor('error')).resolves.toMatchObject({
      message: expect.stringMatching(/^'content'/) as unknown,
    });
    adas.send({ type: 'message', content: 'next' });
    await expect(bobs.waitFor('message')).resolves.toMatchObject({ message: 'next' });

    const [writer, reader] = [await fluentUser(url), await fluentUser(url)];
    using writers = await chatSocket(url, writer);
    using readers = await openChat(otherUrl, reader);
    writers.send(sealed(reader, 'a\0b'));
    await writers.waitFor(({ text }) => /^Validation error: /.test(String(text)));
    writers.send(sealed(reader, 'next'));
    await readers.waitFor(({ content }) => content === 'receiver:next');
    expect(await messagesOf(url, reader, writer)).toHaveLength(1);

    const [one, two] = [await conversationsUser(url), await conversationsUser(url)];
    const conversation = await newConversation(url, one, [two]);
    using ones = await join(url, one, conversation);
    using twos = await join(otherUrl, two, conversation);
    ones.send({ content: 'a\0b' });
    await ones.waitFor('error');
    ones.send({ content: 'next' });
    await expect(twos.waitFor('message')).resolves.toMatchObject({ content: 'next' });

    const user = await meshUser(url);
    await organizationOf(url, [user]);
    using agent = await meshSocket(url, user);
    agent.send(registerFrame('a\0b'));
    await agent.waitFor(({ error }) => /^Registration failed: agent_id/.test(String(error)));
    agent.send(registerFrame('next'));
    await agent.waitFor('register_agent_response');
  });

  test('C18: first and last name are kept, and given back wherever the old server gave them', async () => {
    const [username, friend] = [unique('user'), await conversationsUser(url)];
    const names = { first_name: 'Żaneta', last_name: "O'Neill-Kowalska" };
    const password = 'TestPassword123';
    const body = { email: `${username}@example.com`, username, password, ...names };
    const made = await ask('POST', `${url}/users/register`, { body });
    const { access_token: token, user } = made.body as { access_token: string; user: { id: number } };
    expect(user).toMatchObject({ username, ...names });
    expect((await signIn(otherUrl, username, password)).body).toMatchObject({ user: names });
    expect((await ask('GET', `${otherUrl}/users/me`, { token })).body).toMatchObject(names);
    const conversation = await newConversation(url, friend, [{ ...friend, id: user.id }]);
    const participants = await ask('GET', `${otherUrl}/conversations/${conversation.id}/participants`, { token });
    expect(participants.body).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: user.id, username, ...names }),
        expect.objectContaining({ id: friend.id, first_name: 'Test', last_name: 'User' }),
      ]),
    );
    const nameless = unique('user');
    const without = { email: `${nameless}@example.com`, username: nameless, password };
    expect((await ask('POST', `${url}/users/register`, { body: without })).body).toMatchObject({
      user: { first_name: nameless, last_name: '' },
    });
  });
});
