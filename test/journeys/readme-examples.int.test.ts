// What the old READMEs print is what goes over the wire: their examples are sent as they stand, and what comes back is as they show it.
import { randomUUID } from 'node:crypto';
import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { conversationsUser, newConversation, signIn } from '../clients/conversations.js';
import { fluentUser, newFluentUser, sealed } from '../clients/fluent.js';
import { meshUser, organizationOf } from '../clients/mesh.js';
import { journeyOnOne } from './platforms.js';
import { conversations, filled, fluent, mesh, rooms, shapeOf, swifty } from './readme-examples.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, connect } from '../clients/swifty.js';

const parsed = (example: string): unknown => JSON.parse(example);
/** The kinds of the values that an example shows, of whatever else comes beside them. */
const kindsOf = (value: object, asked: object) =>
  Object.fromEntries(Object.keys(asked).map((key) => [key, typeof (value as Record<string, unknown>)[key]]));

journeyOnOne('the README of swifty', ({ url, otherUrl }) => {
  const post = (path: string, body: string, token?: string) =>
    ask('POST', `${url}${path}${token === undefined ? '' : `?token=${token}`}`, {
      body,
      headers: { 'content-type': 'application/json' },
    });

  test('register, and its answer; the line of curl too', async () => {
    const uuid = randomUUID();
    const answer = await post('/register', filled(swifty.register, { 'client-uuid': uuid }));
    const { token } = answer.body as { token: string };
    const values = { 'client-uuid': uuid, 'jwt-token': token };
    expect([answer.status, answer.body]).toEqual([200, parsed(filled(swifty.registered, values))]);
    const curl = await post('/register', swifty.curl);
    expect([curl.status, (curl.body as { name: string }).name]).toEqual([200, 'TestClient']);
  });

  test('topics, as created, listed, shown, subscribed to and left', async () => {
    const device = await aDevice(url);
    const values = { 'my-room': unique('my-room'), 'creator-uuid': device.uuid };
    const created = await post('/topics/create', filled(swifty.create, values), device.token);
    expect([created.status, created.body]).toEqual([200, parsed(filled(swifty.created, values))]);
    const subscribed = await post('/topics/subscribe', filled(swifty.subscribe, values), device.token);
    expect(subscribed.status).toBe(200);
    const bare = { topic_id: unique('my-room') };
    await post('/topics/create', JSON.stringify(bare), device.token);
    const shown = await ask('GET', `${otherUrl}/topics/${values['my-room']}`);
    const described = { metadata: { description: 'My awesome room' } };
    expect(shapeOf(shown.body)).toEqual(shapeOf({ ...(parsed(swifty.topicInfo) as object), ...described }));
    const list = (await ask('GET', `${otherUrl}/topics`)).body as { topics: { id: string }[] };
    // Without metadata there is `{}`, as the README shows it.
    const plain = list.topics.filter(({ id }) => id === bare.topic_id);
    expect(shapeOf({ ...list, topics: plain })).toEqual(shapeOf(parsed(swifty.topics)));
    expect((await post('/topics/unsubscribe', filled(swifty.subscribe, values), device.token)).status).toBe(200);
  });

  test('the clients that are connected', async () => {
    const [alice, bob] = [await aDevice(url, 'Alice'), await aDevice(url, 'Bob')];
    using _a = await connect(url, alice);
    using _b = await connect(otherUrl, bob);
    const { body } = await ask('GET', `${url}/clients`);
    const { clients } = body as { clients: Record<string, string> };
    const both = { [alice.uuid]: clients[alice.uuid], [bob.uuid]: clients[bob.uuid] };
    expect({ ...(body as object), count: 2, clients: both }).toEqual(
      parsed(filled(swifty.clients, { 'uuid-1': alice.uuid, 'uuid-2': bob.uuid })),
    );
  });

  test('a direct message and one to a topic arrive as the README prints them, to the last space', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const topic = unique('my-topic');
    const named = JSON.stringify({ topic_id: topic });
    await post('/topics/create', named, alice.token);
    for (const { token } of [alice, bob]) await post('/topics/subscribe', named, token);
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    const raw: string[] = [];
    b.socket.on('message', (data: Buffer) => raw.push(data.toString()));
    const values = { 'recipient-uuid': bob.uuid, 'sender-uuid': alice.uuid, 'my-topic': topic };
    for (const example of [swifty.direct, swifty.topic]) {
      const msgid = randomUUID();
      const text = filled(example, { ...values, 'message-uuid': msgid });
      a.send(text);
      await b.waitFor((frame) => frame.msgid === msgid);
      expect(raw.at(-1)).toBe(text);
      await a.waitFor((frame) => frame.msgid === msgid && /^(topic_)?sent$/.test(String(frame.type)));
    }
  });
});

journeyOnOne('the README of rooms', ({ url, otherUrl }) => {
  test('signup, login, a new room', async () => {
    const body = filled(rooms.signup, { testuser: unique('testuser') });
    const headers = { 'content-type': 'application/json' };
    expect((await ask('POST', `${url}/api/auth/signup`, { body, headers })).status).toBe(200);
    const { body: grant } = await ask('POST', `${url}/api/auth/login`, { body, headers });
    expect(grant).toMatchObject({ token_type: (parsed(rooms.login) as { token_type: string }).token_type });
    expect(kindsOf(grant, rooms.swift.LoginResponse)).toEqual(rooms.swift.LoginResponse);
    const token = (grant as { access_token: string }).access_token;
    const made = await ask('POST', `${url}/api/rooms`, { token, body: rooms.newRoom, headers });
    expect([made.status, made.body]).toMatchObject([200, parsed(rooms.newRoom)]);
    expect(kindsOf(made.body, rooms.swift.ChatRoom)).toEqual(rooms.swift.ChatRoom);
    const list = (await ask('GET', `${url}/api/rooms`, { token })).body as object[];
    for (const room of list) expect(kindsOf(room, rooms.swift.ChatRoom)).toEqual(rooms.swift.ChatRoom);
  });

  test('frames said and received; the Swift models decode what is live and what is history', async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(url)];
    const room = await newRoom(url, ada);
    using adas = await enter(url, ada, room);
    using bobs = await enter(otherUrl, bob, room);
    adas.send(rooms.typing);
    expect(await bobs.waitFor('typing')).toEqual({
      type: 'typing',
      room_id: room.id,
      sender: ada.username,
      message: `${ada.username} is typing...`,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    });
    adas.send(rooms.say);
    const received = await bobs.waitFor('message');
    expect(shapeOf(received)).toMatchObject(shapeOf(parsed(rooms.received)) as object);
    expect(received).toMatchObject({ room_id: room.id, sender: ada.username, message: 'Hello, world!' });
    const { body } = await ask('GET', `${url}/api/messages/${room.id}`, { token: bob.token });
    // What is typed is not kept.
    expect(body).toEqual([received]);
    for (const item of [received, ...(body as object[])]) {
      expect(kindsOf(item, rooms.swift.ChatMessage)).toEqual(rooms.swift.ChatMessage);
    }
  });
});

journeyOnOne('the README of mesh', ({ url, otherUrl }) => {
  const headers = { 'content-type': 'application/json' };

  test('its lines of curl', async () => {
    const body = filled(mesh.credentials, { 'user@': `${unique('user')}@` });
    const made = await ask('POST', `${url}/register`, { body, headers });
    expect(made.status).toBe(200);
    const { access_token: token } = (await ask('POST', `${url}/login`, { body, headers })).body as {
      access_token: string;
    };
    const organization = await ask('POST', `${url}/organizations`, { token, body: mesh.organization, headers });
    expect([organization.status, organization.body]).toMatchObject([200, parsed(mesh.organization)]);
    const { id } = organization.body as { id: number };
    const path = `${url}/organizations/${id}/allocate_ip`;
    expect((await ask('POST', path, { token, body: mesh.allocate, headers })).status).toBe(200);
  });

  test('every message of its socket', async () => {
    const [one, two, three] = [await meshUser(url), await meshUser(url), await meshUser(url)];
    await organizationOf(url, [one, two, three]);
    const open = async (user: { token: string }, register: string, host = url) => {
      const socket = await openSocket(`${host}/ws?token=${user.token}`, { first: [register] });
      return { socket, answer: await socket.waitFor('register_agent_response') };
    };
    const first = await open(two, filled(mesh.register, { 'device-001': 'device-002' }), otherUrl);
    const second = await open(one, mesh.register);
    expect(shapeOf(second.answer)).toEqual(shapeOf(parsed(mesh.response)));
    const third = await open(three, filled(mesh.register, { 'device-001': 'device-003' }));
    expect(shapeOf(await second.socket.waitFor('peer_online'))).toEqual(shapeOf(parsed(mesh.online)));
    third.socket.close();
    const offline = await second.socket.waitFor('peer_offline');
    expect(shapeOf(offline)).toEqual(shapeOf(parsed(mesh.offline)));
    expect(offline).toMatchObject({ peer_id: 'peer-device-003', virtual_ip: '10.0.0.3' });
    for (const register of [mesh.registerFormat, mesh.registerWithoutRelay]) {
      const again = await open(three, register, otherUrl);
      const { agent_id } = parsed(register) as { agent_id: string };
      expect(await second.socket.waitFor('peer_online')).toMatchObject({ peer: { agent_id, peer_id: agent_id } });
      again.socket.close();
      await second.socket.waitFor('peer_offline');
    }
    using unregistered = await openSocket(`${url}/ws?token=${three.token}`, { first: ['{'] });
    expect(shapeOf(await unregistered.waitFor(() => true))).toEqual(shapeOf(parsed(mesh.error)));
    for (const { socket } of [first, second]) socket.close();
  });
});

journeyOnOne('the README of fluent', ({ url }) => {
  test('every endpoint of its table is there', async () => {
    const { token } = await fluentUser(url);
    for (const [method, path] of fluent.endpoints) {
      const { status } = await ask(method, url + path, { token, ...(method === 'POST' && { body: {} }) });
      // There, and asking for what a table does not show.
      expect([path, status]).toEqual([path, path.startsWith('/users') ? 200 : 422]);
    }
    const made = await ask('POST', `${url}/auth/register`, { body: newFluentUser() });
    expect(Object.keys(made.body).sort()).toEqual(['email', 'id', 'username']);
  });

  test('a socket with the token in its query, as websocat opens it', async () => {
    const ada = await fluentUser(url);
    using socket = await openSocket(`${url}${fluent.socket}${ada.token}`);
    socket.send(sealed(ada, 'x'));
    expect(await socket.waitFor(() => true)).toMatchObject({ content: 'sender:x' });
  });
});

journeyOnOne('the README of conversations', ({ url, otherUrl }) => {
  test('its JavaScript signs in with a form; every frame that it shows', async () => {
    const [ada, bob] = [await conversationsUser(url, 'alice'), await conversationsUser(url)];
    const { access_token } = (await signIn(url, ada.username, ada.password)).body as { access_token: string };
    const conversation = await newConversation(url, ada, [bob]);
    using adas = await openSocket(`${url}/conversations/${conversation.id}/ws?token=${access_token}`);
    const connection = await adas.waitFor('connection');
    expect(connection).toEqual({
      ...(parsed(conversations.connection) as object),
      conversation_id: conversation.id,
      user_id: ada.id,
    });
    const bobs = await openSocket(`${otherUrl}/conversations/${conversation.id}/ws?token=${bob.token}`);
    await bobs.waitFor('connection');
    for (const say of [conversations.say, conversations.sayFromJavaScript, conversations.sayFromPython]) {
      bobs.send(say);
      const received = await adas.waitFor('message');
      expect(shapeOf(received)).toEqual(shapeOf(parsed(conversations.message)));
      expect(received).toMatchObject({ ...(parsed(say) as object), sender_id: bob.id, sender_name: bob.username });
    }
    adas.send('{');
    expect(shapeOf(await adas.waitFor('error'))).toEqual(shapeOf(parsed(conversations.error)));
    bobs.close();
    expect(await adas.waitFor('user_left')).toEqual({
      ...(parsed(conversations.userLeft) as object),
      user_id: bob.id,
      username: bob.username,
    });
  });
});
