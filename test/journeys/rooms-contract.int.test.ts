import { eventually, openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';

journey('the rooms wire, row by row', ({ url }) => {
  const credentials = () => ({ username: unique('testuser'), password: 'password123' });

  test('signup says the old words, and a second time that the name is taken', async () => {
    const body = credentials();
    const first = await ask('POST', `${url}/api/auth/signup`, { body });
    expect([first.status, first.body]).toEqual([200, { message: 'User registered successfully' }]);
    const again = await ask('POST', `${url}/api/auth/signup`, { body });
    expect([again.status, again.body]).toEqual([400, { detail: 'Username already registered' }]);
  });

  test.each([
    ['nothing', {}],
    ['an empty name', { username: '', password: 'x' }],
    ['an empty password', { username: 'x', password: '' }],
    ['a number', { username: 7, password: 'x' }],
    ['a name too long', { username: 'x'.repeat(255), password: 'x' }],
  ])('W1.2: signup with %s is 422 with a list', async (_, body) => {
    const answer = await ask('POST', `${url}/api/auth/signup`, { body });
    expect(answer.status).toBe(422);
    const { detail } = answer.body as { detail: { loc: string[] }[] };
    expect(detail.length).toBeGreaterThan(0);
    for (const { loc } of detail) expect(loc[0]).toBe('body');
  });

  test('U+0000, which no store keeps, is 422 with a sentence', async () => {
    const answer = await ask('POST', `${url}/api/auth/signup`, { body: { username: 'a\0b', password: 'x' } });
    expect([answer.status, answer.body]).toEqual([422, { detail: 'Text must not contain U+0000' }]);
  });

  test('login gives the README’s two fields and a refresh token; a wrong password gives 401', async () => {
    const body = credentials();
    await ask('POST', `${url}/api/auth/signup`, { body });
    const good = await ask('POST', `${url}/api/auth/login`, { body });
    expect(good.status).toBe(200);
    expect(good.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'bearer',
    });
    const bad = await ask('POST', `${url}/api/auth/login`, { body: { ...body, password: 'wrong' } });
    expect([bad.status, bad.body]).toEqual([401, { detail: 'Incorrect username or password' }]);
  });

  test('a refresh token works once', async () => {
    const user = await roomsUser(url);
    const first = await ask('POST', `${url}/api/auth/refresh`, { body: { refresh_token: user.refreshToken } });
    expect([first.status, first.body]).toEqual([
      200,
      { access_token: expect.any(String), refresh_token: expect.any(String), token_type: 'bearer' },
    ]);
    const { access_token } = first.body as { access_token: string };
    expect((await ask('GET', `${url}/api/auth/me`, { token: access_token })).status).toBe(200);
    const unknown = await ask('POST', `${url}/api/auth/refresh`, { body: { refresh_token: 'nonsense' } });
    expect([unknown.status, unknown.body]).toEqual([401, { detail: 'Invalid or expired refresh token' }]);
  });

  test('me is the user; without a header 403, with a bad token 401, after logout 401', async () => {
    const user = await roomsUser(url);
    const me = await ask('GET', `${url}/api/auth/me`, { token: user.token });
    expect(me.body).toEqual({
      username: user.username,
      id: expect.any(Number),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    });
    const none = await ask('GET', `${url}/api/auth/me`);
    expect([none.status, none.body]).toEqual([403, { detail: 'Not authenticated' }]);
    const bad = await ask('GET', `${url}/api/auth/me`, { token: 'nonsense' });
    expect([bad.status, bad.body]).toEqual([401, { detail: 'Could not validate credentials' }]);
    const out = await ask('POST', `${url}/api/auth/logout`, { token: user.token });
    expect([out.status, out.body]).toEqual([200, { message: 'Successfully logged out' }]);
    await eventually(async () =>
      expect((await ask('GET', `${url}/api/auth/me`, { token: user.token })).status).toBe(401),
    );
  });

  test('without a header 403, with a bad token 401, on every path', async () => {
    for (const [method, path] of [
      ['GET', '/api/auth/me'],
      ['POST', '/api/auth/logout'],
      ['GET', '/api/rooms'],
      ['POST', '/api/rooms'],
      ['GET', '/api/rooms/1'],
      ['GET', '/api/messages/1'],
      ['GET', '/api/messages/1/recent'],
    ] as const) {
      const none = await ask(method, url + path);
      expect([path, none.status, none.body]).toEqual([path, 403, { detail: 'Not authenticated' }]);
      const bad = await ask(method, url + path, { token: 'nonsense' });
      expect([path, bad.status, bad.body]).toEqual([path, 401, { detail: 'Could not validate credentials' }]);
    }
  });

  test('names of rooms may repeat and may be empty; the oldest of a name is the one that it opens', async () => {
    const user = await roomsUser(url);
    const name = unique('Twice');
    const [first, second] = [await newRoom(url, user, name), await newRoom(url, user, name)];
    expect(second.id).toBeGreaterThan(first.id);
    using socket = await openSocket(`${url}/ws/chat/${name}?token=${user.token}`);
    await expect(socket.waitFor('connected')).resolves.toMatchObject({ room_id: first.id });
    const nameless = await ask('POST', `${url}/api/rooms`, { token: user.token, body: { name: '' } });
    expect([nameless.status, nameless.body]).toMatchObject([200, { name: '' }]);
    const { id } = nameless.body as { id: number };
    using inside = await openSocket(`${url}/ws/chat/${id}?token=${user.token}`);
    await expect(inside.waitFor('connected')).resolves.toMatchObject({ room_id: id, message: 'Connected to ' });
    expect((await ask('POST', `${url}/api/rooms`, { token: user.token, body: {} })).status).toBe(422);
  });

  test('rooms are made with 200, listed newest first, and shown one by one', async () => {
    const user = await roomsUser(url);
    const made = await ask('POST', `${url}/api/rooms`, { token: user.token, body: { name: 'My New Room' } });
    expect(made.status).toBe(200);
    expect(made.body).toEqual({ name: 'My New Room', id: expect.any(Number), created_at: expect.any(String) });
    const newer = await newRoom(url, user);
    const list = (await ask('GET', `${url}/api/rooms`, { token: user.token })).body as { id: number }[];
    const ids = list.map(({ id }) => id);
    expect(ids.indexOf(newer.id)).toBeLessThan(ids.indexOf((made.body as { id: number }).id));
    expect(Object.keys(list[0] ?? {}).sort()).toEqual(['created_at', 'id', 'last_message', 'name', 'unread_count']);
    const one = await ask('GET', `${url}/api/rooms/${newer.id}`, { token: user.token });
    expect(one.body).toMatchObject({ id: newer.id, name: newer.name });
    expect((await ask('GET', `${url}/api/rooms`)).status).toBe(403);
  });

  test('unknown rooms are 404, room numbers that are none 422', async () => {
    const { token } = await roomsUser(url);
    for (const path of ['/api/rooms', '/api/messages']) {
      const unknown = await ask('GET', `${url}${path}/2147483000`, { token });
      expect([unknown.status, unknown.body]).toEqual([404, { detail: 'Room not found' }]);
      expect((await ask('GET', `${url}${path}/99999999999999`, { token })).status).toBe(404);
      expect((await ask('GET', `${url}${path}/general`, { token })).status).toBe(422);
    }
  });

  test('W1.3: recent gives the last messages, oldest of them first; 0 and less give none', async () => {
    const user = await roomsUser(url);
    const room = await newRoom(url, user);
    using listener = await enter(url, await roomsUser(url), room);
    using speaker = await enter(url, user, room);
    for (const content of ['1', '2', '3']) speaker.send({ type: 'message', content });
    await listener.waitFor(({ message }) => message === '3');
    const recent = async (query: string) => {
      const { body } = await ask('GET', `${url}/api/messages/${room.id}/recent${query}`, { token: user.token });
      return (body as { message: string }[]).map(({ message }) => message);
    };
    expect(await recent('')).toEqual(['1', '2', '3']);
    expect(await recent('?limit=2')).toEqual(['2', '3']);
    expect(await recent('?limit=0')).toEqual([]);
    expect(await recent('?limit=-1')).toEqual([]);
    for (let n = 4; n <= 52; n += 1) speaker.send({ type: 'message', content: String(n) });
    await listener.waitFor(({ message }) => message === '52');
    // Fifty unless a limit says otherwise.
    expect(await recent('')).toEqual(Array.from({ length: 50 }, (_, n) => String(n + 3)));
    const path = `${url}/api/messages/${room.id}/recent?limit=many`;
    expect((await ask('GET', path, { token: user.token })).status).toBe(422);
    const nowhere = await ask('GET', `${url}/api/messages/2147483000/recent`, { token: user.token });
    expect([nowhere.status, nowhere.body]).toEqual([404, { detail: 'Room not found' }]);
  });

  test('health, docs, the page and the start page are there', async () => {
    const health = await ask('GET', `${url}/health`);
    expect([health.status, health.body]).toEqual([200, { status: 'healthy' }]);
    const page = await ask('GET', `${url}/test`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect((await ask('GET', `${url}/docs`)).status).toBe(200);
    const document = await ask('GET', `${url}/openapi.json`);
    expect(document.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
    expect(Object.keys((document.body as { paths: object }).paths)).toContain('/api/messages/{room_id}/recent');
    const browser = await ask('GET', `${url}/`, { headers: { accept: 'text/html' } });
    expect(browser.headers.get('content-type')).toContain('text/html');
    expect((await ask('GET', `${url}/`)).body).toMatchObject({ endpoints: expect.any(Object) });
  });
});

journey('the sample users and rooms of the README', ({ url, form }) => {
  test.runIf(form === 'standalone')('W1.1: are there unless they are switched off', async () => {
    for (const [username, password] of [
      ['admin', 'admin123'],
      ['user1', 'password123'],
      ['user2', 'password123'],
    ]) {
      const { status } = await ask('POST', `${url}/api/auth/login`, { body: { username, password } });
      expect([username, status]).toEqual([username, 200]);
    }
    const { token } = await roomsUser(url);
    for (const [id, name] of [
      [1, 'General'],
      [2, 'Random'],
      [3, 'Tech Talk'],
    ] as const) {
      expect((await ask('GET', `${url}/api/rooms/${id}`, { token })).body).toMatchObject({ id, name });
    }
    using socket = await openSocket(`${url}/ws/chat/general?token=${token}`);
    await expect(socket.waitFor('connected')).resolves.toMatchObject({ room_id: 1, room_name: 'General' });
  });
});
