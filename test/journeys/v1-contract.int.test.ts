import { ParleyClient } from '@parley/client';
import { expect, test, vi } from 'vitest';
import { journey, unique } from './platforms.js';
import { as, v1User } from '../clients/v1.js';

const nobody = '00000000-0000-4000-8000-00000000dead';
const uuid = expect.stringMatching(/^[0-9a-f]{8}-/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const problem = (status: number, code: string, reason: string) => ({ status, body: { status, code, reason } });
const content = { type: 'text', text: 'hello' };

/** What a message has besides, until it is changed. */
const unchanged = {
  ...{ editedAt: null, deletedAt: null, replyTo: null, threadRoot: null, inChannel: true, pinnedAt: null },
  ...{ replyCount: 0, lastReplyAt: null, reactions: [], mentions: { accountIds: [], channel: false } },
};

journey('the v1 wire, operation by operation', ({ url }) => {
  const someone = async (word?: string) => {
    const user = await v1User(url, word);
    return { user, call: as(url, user) };
  };
  const anyone = as(url, null);
  const newChannel = async (call: ReturnType<typeof as>, kind = 'room', more: object = {}) => {
    const { status, body } = await call('POST /channels', { kind, title: unique('title'), ...more });
    expect(status).toBe(201);
    return body as { id: string; title: string };
  };

  test.each([
    'GET /me',
    'PUT /me/password',
    'DELETE /me',
    'POST /socket-tickets',
    'GET /accounts',
    `GET /accounts/${nobody}`,
    'GET /sessions',
    'DELETE /sessions',
    'DELETE /sessions/current',
    `DELETE /sessions/${nobody}`,
    'POST /channels',
    'GET /channels',
    `GET /channels/${nobody}`,
    `PATCH /channels/${nobody}`,
    `POST /channels/${nobody}/close`,
    'POST /directs',
    `PUT /channels/${nobody}/members/me`,
    `DELETE /channels/${nobody}/members/me`,
    `GET /channels/${nobody}/members`,
    `PUT /channels/${nobody}/members/${nobody}`,
    `DELETE /channels/${nobody}/members/${nobody}`,
    `POST /channels/${nobody}/messages`,
    `GET /channels/${nobody}/messages`,
    'GET /inbox',
  ])('%s asks for a token', async (request) => {
    const none = await anyone(request);
    expect(none).toMatchObject(problem(401, 'unauthenticated', 'no_token'));
    expect(none.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    const bad = await as(url, { token: 'a.b.c' })(request);
    expect(bad).toMatchObject(problem(401, 'unauthenticated', 'invalid_token'));
    expect(bad.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test.each([
    `GET /channels/${nobody}`,
    `POST /channels/${nobody}/close`,
    `PUT /channels/${nobody}/members/me`,
    `GET /channels/${nobody}/members`,
    `GET /channels/${nobody}/messages`,
    `GET /accounts/${nobody}`,
    `DELETE /sessions/${nobody}`,
  ])('%s is not found', async (request) => {
    const { call } = await someone();
    expect(await call(request)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test.each([
    ['POST /accounts', {}],
    ['POST /accounts', { username: 'ada', password: 'short' }],
    ['POST /accounts', { username: 'a b', password: 'correct horse' }],
    ['POST /accounts', { username: 'a@b.c', password: 'correct horse' }],
    ['POST /accounts', { username: 'x'.repeat(65), password: 'correct horse' }],
    ['POST /accounts', { username: 'a\0', password: 'correct horse' }],
    ['POST /accounts', { username: 7, password: 'correct horse' }],
    ['POST /sessions', { login: 'ada' }],
    ['POST /sessions/refresh', {}],
    ['PUT /me/password', { current: 'correct horse', next: 'short' }],
    ['DELETE /me', {}],
    ['GET /accounts?limit=0', undefined],
    ['GET /accounts?limit=1e2', undefined],
    ['GET /accounts?cursor=x', undefined],
    ['GET /accounts/1', undefined],
    ['DELETE /sessions/x', undefined],
    ['POST /channels', {}],
    ['POST /channels', { kind: 'direct', title: 'x' }],
    ['POST /channels', { kind: 'room', title: '' }],
    ['POST /channels', { kind: 'room', title: 'x', slug: 'x' }],
    ['POST /channels', { kind: 'room', title: 'x', metadata: { x: 'y'.repeat(5000) } }],
    ['POST /channels', { kind: 'group', title: 'x', memberIds: ['x'] }],
    ['GET /channels?kind=attic', undefined],
    ['GET /channels?joined=maybe', undefined],
    ['GET /channels/x', undefined],
    [`PATCH /channels/${nobody}`, { title: 'x'.repeat(256) }],
    ['POST /directs', { accountId: '1' }],
    [`PUT /channels/${nobody}/members/${nobody}`, { role: 'king' }],
    [`PUT /channels/${nobody}/members/you`, {}],
    [`POST /channels/${nobody}/messages`, { content }],
    [`POST /channels/${nobody}/messages`, { clientId: 'a', content: { type: 'text', text: '' } }],
    [`POST /channels/${nobody}/messages`, { clientId: 'a', content: { type: 'text', text: 'x'.repeat(16_385) } }],
    [`POST /channels/${nobody}/messages`, { clientId: 'a', content: { type: 'text', text: '\ud800' } }],
    [`GET /channels/${nobody}/messages?after=1&before=2`, undefined],
    [`GET /channels/${nobody}/messages?before=0`, undefined],
    ['GET /inbox?after=-1', undefined],
  ])('%s is not valid (%#), and the problem says where', async (request, body) => {
    const { call } = await someone();
    const answer = await call(request, body);
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'invalid', type: expect.stringMatching(/^\/docs\/errors#/) },
    });
  });

  test('what is not JSON is 400, what is too large 413', async () => {
    const { call } = await someone();
    expect(await call('POST /channels', '{')).toMatchObject(problem(400, 'invalid', 'bad_json'));
    expect(await call('POST /channels', { title: 'x'.repeat(1_000_000) })).toMatchObject(
      problem(413, 'invalid', 'too_large'),
    );
  });

  test('sign up, in, refresh and out', async () => {
    const { user } = await someone();
    expect(user.grant).toMatchObject({
      account: {
        id: uuid,
        username: user.username,
        name: user.username,
        realm: 'main',
        kind: 'person',
        createdAt: time,
      },
      sessionId: uuid,
      tokenType: 'Bearer',
      accessTokenExpiresAt: time,
      refreshTokenExpiresAt: time,
    });
    const { username, password } = user;
    const taken = await anyone('POST /accounts', { username: username.toUpperCase(), password });
    expect(taken).toMatchObject(problem(409, 'conflict', 'username_taken'));
    expect(await anyone('POST /sessions', { login: username, password: 'wrong' })).toMatchObject(
      problem(401, 'unauthenticated', 'wrong_credentials'),
    );
    const elsewhere = await anyone('POST /sessions', { login: username, password, realm: 'rooms' });
    expect(elsewhere).toMatchObject(problem(404, 'not_found', 'realm_not_found'));
    const grant = await anyone('POST /sessions', { login: username, password });
    expect(grant.status).toBe(201);
    const { refreshToken } = grant.body as { refreshToken: string };
    const next = await anyone('POST /sessions/refresh', { refreshToken });
    expect(next).toMatchObject({ status: 200, body: { account: { id: user.id }, refreshToken: expect.any(String) } });
    const { accessToken } = next.body as { accessToken: string };
    const call = as(url, { token: accessToken });
    expect((await call('DELETE /sessions/current')).status).toBe(204);
    await expect.poll(async () => (await call('GET /me')).body).toMatchObject({ reason: 'session_ended' });
    expect(await anyone('POST /sessions/refresh', { refreshToken: 'nonsense' })).toMatchObject(
      problem(401, 'unauthenticated', 'refresh_invalid'),
    );
  });

  test('sessions are listed and ended, never those of others', async () => {
    const [ada, bob] = [await someone(), await someone('bob')];
    const { username: login, password } = ada.user;
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { body } = await anyone('POST /sessions', { login, password });
      ids.push((body as { sessionId: string }).sessionId);
    }
    const { sessions } = (await ada.call('GET /sessions')).body as { sessions: { id: string; current: boolean }[] };
    expect(sessions.map(({ id }) => id).sort()).toEqual([...ids, ada.user.grant.sessionId].sort());
    expect(sessions.filter(({ current }) => current).map(({ id }) => id)).toEqual([ada.user.grant.sessionId]);
    expect((await bob.call(`DELETE /sessions/${ids[0]}`)).status).toBe(404);
    expect((await ada.call(`DELETE /sessions/${ids[0]}`)).status).toBe(204);
    expect(await ada.call('DELETE /sessions')).toMatchObject({ status: 200, body: { ended: 2 } });
  });

  test('the own account: shown, password changed, deleted', async () => {
    const { user, call } = await someone();
    const { id, username, password } = user;
    expect(await call('GET /me')).toMatchObject({ status: 200, body: { id, username, handle: id, email: null } });
    const change = (current: string, next: string) => call('PUT /me/password', { current, next });
    expect(await change('not it', 'battery staple')).toMatchObject(problem(403, 'forbidden', 'wrong_password'));
    expect((await change(password, 'battery staple')).status).toBe(204);
    expect((await anyone('POST /sessions', { login: username, password })).status).toBe(401);
    expect(await call('DELETE /me', { password })).toMatchObject(problem(403, 'forbidden', 'wrong_password'));
    expect((await call('DELETE /me', { password: 'battery staple' })).status).toBe(204);
    expect((await anyone('POST /sessions', { login: username, password: 'battery staple' })).status).toBe(401);
  });

  test('nothing can be sent to an account that was deleted, by any way; what was said stays readable', async () => {
    const [ada, bob] = [await someone(), await someone('bob')];
    const { body } = await ada.call('POST /directs', { accountId: bob.user.id });
    const { id } = body as { id: string };
    const client = new ParleyClient({ url, tokens: ada.user.grant });
    await client.connect();
    const messages = `/channels/${id}/messages`;
    const message = (text: string) => ({ clientId: unique('m'), content: { type: 'text', text } });
    expect((await ada.call(`POST ${messages}`, message('before'))).status).toBe(201);
    expect((await bob.call('DELETE /me', { password: bob.user.password })).status).toBe(204);
    const gone = problem(404, 'not_found', 'account_not_found');
    await vi.waitFor(async () => expect(await ada.call(`POST ${messages}`, message('after'))).toMatchObject(gone), {
      timeout: 10_000,
    });
    expect(await ada.call('POST /directs', { accountId: bob.user.id })).toMatchObject(gone);
    for (const target of [{ channelId: id }, { directWith: bob.user.id }])
      await expect(client.send(target, 'after')).rejects.toMatchObject({ reason: 'account_not_found' });
    await client.close();
    const history = (await ada.call(`GET ${messages}?after=0`)).body as { messages: { content: { text: string } }[] };
    expect(history.messages[0]?.content.text).toBe('before');
  });

  test('guessing the password with a token is stopped', async () => {
    const { call } = await someone();
    const statuses: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const { status } = await call('PUT /me/password', { current: `guess ${n}`, next: 'battery staple' });
      statuses.push(status);
    }
    expect(statuses.at(0)).toBe(403);
    expect(statuses.at(-1)).toBe(429);
  });

  test('accounts are found page by page, and shown without what is private', async () => {
    const word = unique('find');
    const found: string[] = [];
    const made = [await someone(word), await someone(word), await someone(word)].map(({ user }) => user);
    const { call } = await someone();
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await call(`GET /accounts?contains=${word}&limit=2${cursor && `&cursor=${cursor}`}`);
      const page = body as { accounts: { id: string }[]; next: string | null };
      found.push(...page.accounts.map(({ id }) => id));
      cursor = page.next;
    }
    expect(found).toEqual(made.map(({ id }) => id));
    const one = await call(`GET /accounts/${found[0]}`);
    expect(one.body).toEqual({
      id: found[0],
      number: expect.any(Number),
      name: made[0]?.username,
      username: made[0]?.username,
    });
  });

  test('a ticket is given out', async () => {
    const { call } = await someone();
    expect(await call('POST /socket-tickets')).toMatchObject({
      status: 201,
      body: { ticket: expect.any(String), expiresAt: time },
    });
  });

  test('rooms: made, listed, joined, renamed, closed', async () => {
    const [ada, bob] = [await someone(), await someone('bob')];
    const room = await newChannel(ada.call, 'room', { metadata: { color: 'red' } });
    expect((await bob.call(`GET /channels/${room.id}`)).body).toEqual({
      id: room.id,
      number: expect.any(Number),
      kind: 'room',
      slug: expect.toSatisfy((slug) => slug === null || typeof slug === 'string'),
      title: room.title,
      metadata: { color: 'red' },
      membershipVersion: expect.any(Number),
      createdBy: ada.user.id,
      createdAt: time,
      closedAt: null,
    });
    const listed = async (query: string) =>
      ((await bob.call(`GET /channels?${query}`)).body as { channels: { id: string }[] }).channels.map(({ id }) => id);
    expect(await listed('kind=room')).toContain(room.id);
    expect(await listed('kind=room&kind=group&joined=true')).not.toContain(room.id);
    expect(await bob.call(`PUT /channels/${room.id}/members/me`)).toMatchObject({
      status: 200,
      body: { accountId: bob.user.id, role: 'member', joinedAt: time },
    });
    expect(await listed('joined=true')).toEqual([room.id]);
    const rename = { title: unique('new') };
    expect(await bob.call(`PATCH /channels/${room.id}`, rename)).toMatchObject(
      problem(403, 'forbidden', 'not_manager'),
    );
    expect(await ada.call(`PATCH /channels/${room.id}`, rename)).toMatchObject({ status: 200, body: rename });
    expect((await bob.call(`POST /channels/${room.id}/close`)).status).toBe(403);
    expect(await ada.call(`POST /channels/${room.id}/close`)).toMatchObject({ status: 200, body: { closedAt: time } });
    const late = await bob.call(`POST /channels/${room.id}/messages`, { clientId: 'late', content });
    expect(late).toMatchObject(problem(403, 'forbidden', 'closed'));
    expect((await bob.call(`DELETE /channels/${room.id}/members/me`)).status).toBe(204);
  });

  test('channels are listed page by page', async () => {
    const { call } = await someone();
    const made: string[] = [];
    for (let n = 0; n < 3; n += 1) made.unshift((await newChannel(call, 'group')).id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await call(`GET /channels?kind=group&limit=2${cursor && `&cursor=${cursor}`}`);
      const page = body as { channels: { id: string }[]; next: string | null };
      seen.push(...page.channels.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toEqual(made);
  });

  test('a topic has a slug of its own', async () => {
    const { call } = await someone();
    const slug = unique('Slug');
    expect(await newChannel(call, 'topic', { slug })).toMatchObject({ slug });
    const again = await call('POST /channels', { kind: 'topic', title: 'x', slug });
    expect(again).toMatchObject(problem(409, 'conflict', 'slug_taken'));
  });

  test('groups: members with names and roles, added, promoted, removed; nothing for others', async () => {
    const [ada, bob, eve] = [await someone(), await someone('bob'), await someone('eve')];
    const group = await newChannel(ada.call, 'group', { memberIds: [bob.user.id] });
    const path = `/channels/${group.id}`;
    const member = `${path}/members/${eve.user.id}`;
    expect((await eve.call(`GET ${path}`)).status).toBe(404);
    const refused = problem(403, 'forbidden', 'not_member');
    expect(await eve.call(`GET ${path}/messages`)).toMatchObject(refused);
    expect(await eve.call(`GET ${path}/members`)).toMatchObject(refused);
    expect(await eve.call(`POST ${path}/messages`, { clientId: 'a', content })).toMatchObject(refused);
    expect(await bob.call(`PUT ${member}`)).toMatchObject(problem(403, 'forbidden', 'not_manager'));
    expect(await ada.call(`PUT ${member}`, { role: 'owner' })).toMatchObject({ status: 404 });
    expect(await ada.call(`PUT ${member}`)).toMatchObject({
      status: 200,
      body: { accountId: eve.user.id, role: 'member' },
    });
    expect(await ada.call(`PUT ${member}`, { role: 'admin' })).toMatchObject({ status: 200, body: { role: 'admin' } });
    expect(await ada.call(`PUT ${path}/members/${nobody}`)).toMatchObject({ status: 404 });
    const { body } = await bob.call(`GET ${path}/members`);
    expect((body as { members: object[] }).members).toHaveLength(3);
    expect(body).toMatchObject({
      members: expect.arrayContaining([
        { accountId: eve.user.id, name: eve.user.username, handle: eve.user.id, role: 'admin', joinedAt: time },
      ]),
      next: null,
    });
    const paged = await bob.call(`GET ${path}/members?limit=2`);
    expect(paged.body).toMatchObject({ members: [{}, {}], next: uuid });
    expect(await eve.call(`DELETE ${path}/members/${ada.user.id}`)).toMatchObject(
      problem(403, 'forbidden', 'owner_stays'),
    );
    expect((await ada.call(`DELETE ${member}`)).status).toBe(204);
    expect((await eve.call(`GET ${path}/messages`)).status).toBe(403);
  });

  test('messages: committed once, read by sequence in both directions', async () => {
    const { user, call } = await someone();
    const { id } = await newChannel(call);
    const send = (clientId: string) => call(`POST /channels/${id}/messages`, { clientId, content });
    const first = await send('a');
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      message: {
        id: uuid,
        number: expect.any(Number),
        channelId: id,
        sequence: 1,
        sender: { id: user.id, name: user.username, handle: user.id },
        clientId: 'a',
        content,
        sentAt: time,
        ...unchanged,
      },
      inboxSequence: null,
      repeated: false,
      thread: null,
    });
    const { message } = first.body as { message: object };
    expect(await send('a')).toMatchObject({ status: 200, body: { message, repeated: true } });
    for (const clientId of ['b', 'c', 'd']) await send(clientId);
    const page = async (query: string) => {
      const { body } = await call(`GET /channels/${id}/messages?${query}`);
      const { messages, ...rest } = body as { messages: { sequence: number }[] };
      return { sequences: messages.map(({ sequence }) => sequence), ...rest };
    };
    const [head, floor] = [4, 0];
    const [before, after] = [
      { moreBefore: true, moreAfter: false },
      { moreBefore: false, moreAfter: true },
    ];
    const both = { moreBefore: true, moreAfter: true };
    expect(await page('limit=2')).toEqual({ sequences: [3, 4], more: true, ...before, head, floor });
    expect(await page('before=3&limit=5')).toEqual({ sequences: [1, 2], more: false, ...after, head, floor });
    expect(await page('after=1&limit=2')).toEqual({ sequences: [2, 3], more: true, ...both, head, floor });
    expect(await page('after=4')).toEqual({ sequences: [], more: false, ...before, head, floor });
  });

  test('direct messages have a place in both inboxes', async () => {
    const [ada, bob, eve] = [await someone(), await someone('bob'), await someone('eve')];
    const direct = await ada.call('POST /directs', { accountId: bob.user.id });
    expect(direct).toMatchObject({ status: 200, body: { kind: 'direct' } });
    expect(await ada.call('POST /directs', { accountId: nobody })).toMatchObject({ status: 404 });
    const { id } = direct.body as { id: string };
    expect((await bob.call('POST /directs', { accountId: ada.user.id })).body).toMatchObject({ id });
    const sent = await ada.call(`POST /channels/${id}/messages`, { clientId: 'a', content });
    expect(sent).toMatchObject({ status: 201, body: { inboxSequence: 1 } });
    for (const { call } of [ada, bob]) {
      expect((await call('GET /inbox')).body).toMatchObject({
        entries: [{ sequence: 1, channel: { id, kind: 'direct' }, message: { sequence: 1, content } }],
        more: false,
        head: 1,
        floor: 0,
      });
    }
    expect((await bob.call('GET /inbox?after=1')).body).toMatchObject({ entries: [], head: 1 });
    expect((await eve.call(`GET /channels/${id}/messages`)).status).toBe(404);
  });
});
