import { expect, test } from 'vitest';
import { conversationsUser, join, newConversation, signIn } from '../clients/conversations.js';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/) as unknown;
const messageTime = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/) as unknown;
const nowhere = 2_147_483_000;

journey('the conversations wire over REST, row by row', ({ url, otherUrl }) => {
  test('the form login takes a user name or an e-mail; a wrong password is 401, JSON 422', async () => {
    const user = await conversationsUser(url);
    const me = {
      id: user.id,
      email: user.email,
      username: user.username,
      first_name: 'Test',
      last_name: 'User',
      role: 'user',
      is_active: true,
      created_at: isoTime,
    };
    for (const login of [user.username, user.email]) {
      const good = await signIn(otherUrl, login, user.password);
      expect(good.status).toBe(200);
      expect(good.body).toEqual({ access_token: expect.any(String), token_type: 'bearer', user: me });
      const { access_token: token } = good.body as { access_token: string };
      expect((await ask('GET', `${url}/users/me`, { token })).body).toEqual(me);
    }
    const bad = await signIn(url, user.username, 'wrong');
    expect([bad.status, bad.body]).toEqual([401, { detail: 'Incorrect username or password' }]);
    const body = { username: user.username, password: user.password };
    const json = await ask('POST', `${url}/auth/token`, { body });
    expect([json.status, json.body]).toEqual([422, { detail: expect.any(Array) }]);
  });

  test('a taken user name or e-mail is 400', async () => {
    const { username, email, password } = await conversationsUser(url);
    const register = (body: object) => ask('POST', `${url}/users/register`, { body: { password, ...body } });
    const name = await register({ username, email: `${unique('x')}@example.com` });
    expect([name.status, name.body]).toEqual([400, { detail: 'Username already exists' }]);
    const address = await register({ username: unique('x'), email });
    expect([address.status, address.body]).toEqual([400, { detail: 'Email already exists' }]);
  });

  test('a conversation is made with 201 and listed for its participants alone, newest first, in both forms of the path', async () => {
    const [ada, bob, eve] = [
      await conversationsUser(url, 'ada'),
      await conversationsUser(otherUrl, 'bob'),
      await conversationsUser(url, 'eve'),
    ];
    const made: unknown[] = [];
    for (const path of ['/conversations/', '/conversations']) {
      // The creator named again, and somebody twice: each takes part once.
      const body = { title: 'Study Group', participant_ids: [bob.id, ada.id, bob.id] };
      const answer = await ask('POST', `${url}${path}`, { token: ada.token, body });
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual({ id: expect.any(Number), title: 'Study Group', created_at: isoTime });
      made.unshift(answer.body);
    }
    for (const { token } of [ada, bob]) {
      for (const path of ['/conversations/', '/conversations']) {
        expect((await ask('GET', `${otherUrl}${path}`, { token })).body).toEqual(made);
      }
    }
    expect((await ask('GET', `${url}/conversations/`, { token: eve.token })).body).toEqual([]);
  });

  test('what cannot be a conversation is 404 or 422', async () => {
    const { id, token } = await conversationsUser(url);
    const create = (body: unknown) => ask('POST', `${url}/conversations/`, { token, body });
    const unknown = await create({ title: 'x', participant_ids: [id, nowhere] });
    expect([unknown.status, unknown.body]).toEqual([404, { detail: `User with ID ${nowhere} not found` }]);
    expect((await create({ title: 'x', participant_ids: [-1] })).body).toEqual({ detail: 'User with ID -1 not found' });
    for (const body of [
      {},
      { title: '', participant_ids: [id] },
      { title: 'x'.repeat(256), participant_ids: [id] },
      { title: 'x', participant_ids: [] },
      { title: 'x', participant_ids: ['one'] },
    ]) {
      expect((await create(body)).status).toBe(422);
    }
  });

  test('W4.2: details and participants, without secrets, and who is connected on any gateway', async () => {
    const [ada, bob] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'bob')];
    const conversation = await newConversation(url, ada, [bob]);
    const path = `${url}/conversations/${conversation.id}`;
    expect((await ask('GET', path, { token: bob.token })).body).toEqual(conversation);
    using _adas = await join(otherUrl, ada, conversation);
    expect((await ask('GET', `${path}/participants`, { token: bob.token })).body).toEqual(
      [ada, bob].map(({ id, username }) => ({
        id,
        username,
        first_name: 'Test',
        last_name: 'User',
        role: 'user',
        is_active: true,
        is_online: id === ada.id,
      })),
    );
  });

  test('what is sent over REST is 201, kept, oldest first, and received live on every gateway', async () => {
    const [ada, bob] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'bob')];
    const conversation = await newConversation(url, ada, [bob]);
    using bobs = await join(otherUrl, bob, conversation);
    const path = `${url}/conversations/${conversation.id}/messages`;
    const first = await ask('POST', path, { token: ada.token, body: { content: 'Message text', other: 1 } });
    expect(first.status).toBe(201);
    const item = {
      id: expect.any(Number),
      content: 'Message text',
      sender_id: ada.id,
      sender_name: ada.username,
      conversation_id: conversation.id,
      created_at: messageTime,
    };
    expect(first.body).toEqual(item);
    await expect(bobs.waitFor('message')).resolves.toEqual({
      ...(first.body as object),
      type: 'message',
      created_at: (first.body as { created_at: string }).created_at.slice(0, 19),
    });
    const second = await ask('POST', path, { token: bob.token, body: { content: 'second' } });
    expect((await ask('GET', path, { token: ada.token })).body).toEqual([first.body, second.body]);
    expect((await ask('POST', path, { token: ada.token, body: { content: '' } })).status).toBe(422);
    expect((await ask('POST', path, { token: ada.token, body: { content: null } })).status).toBe(422);
  });

  test('no token and a bad one are 401, no conversation 404, somebody else’s 403', async () => {
    const [ada, eve] = [await conversationsUser(url, 'ada'), await conversationsUser(url, 'eve')];
    const own = await newConversation(url, ada, [ada]);
    for (const [method, path, body, why] of [
      ['GET', '', undefined, 'You are not a participant in this conversation'],
      ['GET', '/participants', undefined, 'You are not a participant in this conversation'],
      ['GET', '/messages', undefined, 'You are not a participant in this conversation'],
      ['POST', '/messages', { content: 'x' }, 'You must be a participant to send messages'],
    ] as const) {
      const at = async (id: number | string, token?: string) => {
        const options = { ...(body && { body }), ...(token !== undefined && { token }) };
        const answer = await ask(method, `${url}/conversations/${id}${path}`, options);
        return [answer.status, answer.body];
      };
      expect(await at(own.id)).toEqual([401, { detail: 'Not authenticated' }]);
      expect(await at(own.id, 'nonsense')).toEqual([401, { detail: 'Could not validate credentials' }]);
      expect(await at(nowhere, eve.token)).toEqual([404, { detail: 'Conversation not found' }]);
      expect(await at('99999999999999', eve.token)).toEqual([404, { detail: 'Conversation not found' }]);
      expect(await at('one', eve.token)).toEqual([422, { detail: expect.any(Array) }]);
      expect(await at(own.id, eve.token)).toEqual([403, { detail: why }]);
    }
    expect((await ask('GET', `${url}/conversations/`)).status).toBe(401);
  });

  test('the page, its files, and the operations in the docs are there', async () => {
    const page = await ask('GET', `${url}/static/chat.html`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.body).toContain('Login &amp; Connect');
    for (const file of ['chat.js', 'chat.css']) expect((await ask('GET', `${url}/static/${file}`)).status).toBe(200);
    const { paths } = (await ask('GET', `${url}/openapi.json`)).body as { paths: object };
    expect(Object.keys(paths)).toContain('/conversations/{conversation_id}/messages');
  });
});

journey('the sample users and conversations of the README', ({ url, form }) => {
  test.runIf(form === 'standalone')('are there: testuser and testuser2 talk in conversation 1', async () => {
    const tokenOf = async (username: string, password = 'TestPassword123') =>
      ((await signIn(url, username, password)).body as { access_token: string }).access_token;
    const testuser = await tokenOf('testuser');
    const titles = async (token: string) =>
      ((await ask('GET', `${url}/conversations/`, { token })).body as { id: number; title: string }[]).map(
        ({ id, title }) => `${id} ${title}`,
      );
    // Other journeys make conversations of their own with these users.
    const sample = (await titles(testuser)).filter((title) => /^[12] /.test(title));
    expect(sample).toEqual(['2 Study Group', '1 Roommate Chat']);
    expect(await titles(await tokenOf('admin', 'AdminPassword123'))).toEqual(['2 Study Group']);
    for (const name of ['testuser2', 'alice', 'bob', 'charlie'])
      expect(await tokenOf(name)).toEqual(expect.any(String));
    const firstSenders = async (id: number, count: number) => {
      const { body } = await ask('GET', `${url}/conversations/${id}/messages`, { token: testuser });
      // The examples send into these conversations meanwhile.
      return (body as { sender_name: string }[]).slice(0, count).map(({ sender_name }) => sender_name);
    };
    expect(await firstSenders(1, 2)).toEqual(['testuser', 'testuser2']);
    expect(await firstSenders(2, 3)).toEqual(['admin', 'testuser', 'testuser2']);
  });
});
