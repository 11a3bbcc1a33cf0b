// What clients of the old servers do and no README says: the rows C of the wire contracts.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { conversationsUser, newConversation } from '../clients/conversations.js';
import { fluentUser, newFluentUser } from '../clients/fluent.js';
import { connect, meshUser, organizationOf, registerFrame } from '../clients/mesh.js';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, connect as connectDevice, direct } from '../clients/swifty.js';

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

journey('what old clients do', ({ url, otherUrl }) => {
  test('C2: a client reads in its own token what the old server wrote there, and other wires refuse it', async () => {
    const [fluent, rooms, conversations] = [await fluentUser(url), await roomsUser(url), await conversationsUser(url)];
    const [mesh, device] = [await meshUser(url), await aDevice(url)];
    expect(claimsOf(fluent.token)).toMatchObject({ sub: fluent.username, user_id: fluent.id, type: 'access' });
    expect(claimsOf(rooms.token)).toMatchObject({ sub: rooms.username });
    expect(claimsOf(conversations.token)).toMatchObject({ sub: conversations.username });
    expect(claimsOf(mesh.token)).toMatchObject({ sub: String(mesh.id) });
    expect(claimsOf(device.token)).toMatchObject({ sub: device.uuid, name: device.name });
    for (const { token } of [fluent, rooms, conversations, mesh, device]) {
      expect(token.length).toBeLessThan(900);
      expect(claimsOf(token)).toMatchObject({ exp: expect.any(Number) as unknown });
    }
    const entryPoints = [
      ['/chat/chat_list', fluent.token],
      ['/api/rooms', rooms.token],
      ['/conversations', conversations.token],
      ['/organizations', mesh.token],
    ] as const;
    for (const [path, own] of entryPoints) {
      for (const token of [fluent.token, rooms.token, conversations.token, mesh.token, device.token]) {
        const { status } = await ask('GET', `${otherUrl}${path}`, { token });
        expect([path, status]).toEqual([path, token === own ? 200 : 401]);
      }
    }
  });

  test('C3: 300 frames at one a millisecond all arrive, in order, and each is answered with sent', async () => {
    const [ada, bob] = [await aDevice(url), await aDevice(url)];
    using sender = await connectDevice(url, ada);
    using receiver = await connectDevice(otherUrl, bob);
    const frames = Array.from({ length: 300 }, (_, n) => direct(ada, bob, { msgno: n, acknowledge: false }));
    for (const frame of frames) {
      sender.send(frame);
      await sleep(1);
    }
    const last = frames.at(-1)?.msgid;
    await receiver.waitFor(({ msgid }) => msgid === last, 30_000);
    await sender.waitFor(({ type, msgid }) => type !== undefined && msgid === last, 30_000);
    const named = frames.map(({ msgid }) => msgid);
    expect(receiver.received.filter(({ action }) => action === 'message').map(({ msgid }) => msgid)).toEqual(named);
    expect(sender.received.filter(({ type }) => type === 'sent').map(({ msgid }) => msgid)).toEqual(named);
    expect(sender.received.filter(({ type }) => type === 'error')).toEqual([]);
  });

  test('C5: /auth/token takes a multipart form, within bounds', async () => {
    const { username, password } = await conversationsUser(url);
    const signIn = async (fields: Record<string, string | Blob>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      const response = await fetch(`${otherUrl}/auth/token`, { method: 'POST', body });
      return { status: response.status, body: (await response.json()) as object };
    };
    expect(await signIn({ username, password })).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
    expect((await signIn({ username, password: 'wrong' })).status).toBe(401);
    expect((await signIn({ username })).status).toBe(422);
    expect((await signIn({ username, password: 'a\0b' })).status).toBe(422);
    expect((await signIn({ username, password: 'x'.repeat(100_000) })).status).toBe(413);
    expect((await signIn({ username, password, file: new Blob(['x']) })).status).toBe(400);
  });

  test('C6: a whole number may come as text', async () => {
    const [ada, bob] = [await conversationsUser(url), await conversationsUser(url)];
    const body = { title: 'Roommate Chat', participant_ids: [` ${bob.id} `, `${bob.id}.0`] };
    expect((await ask('POST', `${url}/conversations/`, { token: ada.token, body })).status).toBe(201);
    for (const bad of ['twelve', '1.5', '', '0x10']) {
      const answer = await ask('POST', `${url}/conversations/`, {
        token: ada.token,
        body: { title: 'x', participant_ids: [bad] },
      });
      expect(answer.status).toBe(422);
    }
    const member = await meshUser(url);
    const org = await organizationOf(url, [member], { leased: false });
    const allocated = await ask('POST', `${url}/organizations/${org}/allocate_ip`, {
      token: member.token,
      body: { user_id: String(member.id) },
    });
    expect([allocated.status, allocated.body]).toMatchObject([200, { user_id: member.id }]);
  });

  test('C10: metadata may be null', async () => {
    const device = await aDevice(url);
    const topic_id = unique('topic');
    const made = await ask('POST', `${url}/topics/create?token=${device.token}`, {
      body: { topic_id, metadata: null },
    });
    expect(made.status).toBe(200);
    expect((await ask('GET', `${otherUrl}/topics/${topic_id}`)).body).toMatchObject({ metadata: {} });
  });

  test('C10: numbers and the order of keys in metadata come back as they were written', async () => {
    const device = await aDevice(url);
    const topic_id = unique('topic');
    const numbers =
      '"b":1.0,"a":12345678901234567890,"10":1e2,"2":[-0.0,{"exact":0.1000000000000000055511151231257827}]';
    const body = `{ "metadata" : { ${numbers}, "text" : "1.0 \\u00e9 \\" [" } , "topic_id" : "${topic_id}" }`;
    const headers = { 'content-type': 'application/json' };
    const made = await fetch(`${url}/topics/create?token=${device.token}`, { method: 'POST', headers, body });
    expect(made.status).toBe(200);
    const metadata = `"metadata":{${numbers},"text":"1.0 é \\" ["}`;
    for (const path of [`/topics/${topic_id}`, '/topics']) {
      expect(await (await fetch(`${otherUrl}${path}`)).text()).toContain(metadata);
    }
  });

  test('C12: allocate_ip takes null, nothing and user 0 for the caller', async () => {
    const user = await meshUser(url);
    const org = await organizationOf(url, [user], { leased: false });
    const allocate = (body?: unknown) =>
      ask('POST', `${url}/organizations/${org}/allocate_ip`, {
        token: user.token,
        ...(body !== undefined && { body }),
      });
    for (const body of ['null', undefined, {}, { user_id: 0 }, { user_id: '0' }, { user_id: null }]) {
      expect((await allocate(body)).body).toEqual({ user_id: user.id, org_id: org, virtual_ip: '10.0.0.1' });
    }
    expect((await allocate({ user_id: user.id + 1 })).status).toBe(403);
  });

  test('C13: bytes that are no text are answered with an error frame, and the socket stays', async () => {
    const user = await roomsUser(url);
    const room = await newRoom(url, user);
    using socket = await enter(otherUrl, user, room);
    using other = await enter(url, user, room);
    socket.socket.send(Buffer.from([0x7b, 0xff, 0xfe]), { binary: true });
    expect(await socket.waitFor('error')).toEqual({ type: 'error', message: 'Invalid JSON format' });
    socket.send({ type: 'message', content: 'still here' });
    expect(await other.waitFor('message')).toMatchObject({ message: 'still here' });
  });

  test('C14: public_ip and relay_ip may be host names; what is neither is refused', async () => {
    const user = await meshUser(url);
    await organizationOf(url, [user]);
    using socket = await connect(url, user);
    for (const public_ip of ['-peer.example', 'peer example', '203.0.113.256', 'a..b', 'x'.repeat(64)]) {
      socket.send(registerFrame('agent', { public_ip }));
      expect(await socket.waitFor((frame) => 'error' in frame)).toMatchObject({
        error: expect.stringMatching(/^Registration failed: public_ip/) as unknown,
      });
    }
    socket.send(registerFrame('agent', { public_ip: 'peer-1.example.com', relay_ip: 'relay' }));
    await expect(socket.waitFor('register_agent_response')).resolves.toMatchObject({ status: 'registered' });
  });

  test('C19: mesh, fluent and conversations take the e-mail addresses that the old servers took', async () => {
    const registrations = {
      mesh: (email: string) => ask('POST', `${url}/register`, { body: { email, password: 'password123' } }),
      fluent: (email: string) => ask('POST', `${url}/auth/register`, { body: { ...newFluentUser(), email } }),
      conversations: (email: string) =>
        ask('POST', `${url}/users/register`, {
          body: { email, username: unique('user'), first_name: 'Test', last_name: 'User', password: 'password123' },
        }),
    };
    for (const [wire, register] of Object.entries(registrations)) {
      const own = unique(wire).toLowerCase();
      for (const [typed, kept] of [
        [`r&d.${own}@example.com`],
        [`a/${own}@example.com`],
        [`~${own}@example.com`],
        [`${own}@bücher.de`],
        [`  x.${own}@example.com `, `x.${own}@example.com`],
      ] as const) {
        const { status, body } = await register(typed);
        const { email } = ((body as { user?: object }).user ?? body) as { email?: string };
        expect([wire, status, email]).toEqual([wire, 200, kept ?? typed]);
      }
      expect([wire, (await register(`x.${own}@example.com`)).status]).toEqual([wire, 400]);
      for (const bad of [`${own}@example-.com`, `${own}@example`, `${own}@@example.com`, own]) {
        expect([wire, bad, (await register(bad)).status]).toEqual([wire, bad, 422]);
      }
    }
    const credentials = { email: ` ${unique('r&d').toLowerCase()}@BÜCHER.de `, password: 'password123' };
    expect((await ask('POST', `${url}/register`, { body: credentials })).status).toBe(200);
    expect((await ask('POST', `${otherUrl}/login`, { body: credentials })).status).toBe(200);
  });

  test('C21: a message to oneself arrives before its sent', async () => {
    const ada = await aDevice(url);
    using socket = await connectDevice(otherUrl, ada);
    const frames = Array.from({ length: 20 }, () => direct(ada, ada, { acknowledge: false }));
    for (const frame of frames) {
      socket.send(frame);
      await socket.waitFor(({ type, msgid }) => type === 'sent' && msgid === frame.msgid);
    }
    const about = socket.received.filter(({ type }) => type !== 'connection');
    expect(about.map(({ type, msgid }) => [type ?? 'message', msgid])).toEqual(
      frames.flatMap(({ msgid }) => [
        ['message', msgid],
        ['sent', msgid],
      ]),
    );
  });

  test('C6: a conversation is found by the number that its client sent as text', async () => {
    const [ada, bob] = [await conversationsUser(url), await conversationsUser(url)];
    const { id } = await newConversation(url, ada, [bob]);
    expect((await ask('GET', `${url}/conversations/${id}/messages`, { token: bob.token })).status).toBe(200);
  });
});
