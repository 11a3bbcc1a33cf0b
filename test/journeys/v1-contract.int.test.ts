import { ParleyClient } from '@parley/client';
import { expect, test, vi } from 'vitest';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { as, v1User } from '../clients/v1.js';

const nobody = '00000000-0000-4000-8000-00000000dead';
const uuid = expect.stringMatching(/^[0-9a-f]{8}-/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const problem = (status: number, code: string, reason: string) => ({ status, body: { status, code, reason } });
const content = { type: 'text', text: 'hello' };

journey('the v1 wire, operation by operation', ({ url }) => {
  const someone = async (word?: string) => {
    const user = await v1User(url, word);
    return { user, call: as(url, user) };
  };
  const anyone = as(url, null);

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
});
