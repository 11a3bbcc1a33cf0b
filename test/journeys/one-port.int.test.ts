// Five old servers on one host and port: where their paths, names, words or habits collide (K1 to K20), each client finds its own.
import { openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { signIn } from '../clients/conversations.js';
import { chatSocket, fluentUser, newFluentUser } from '../clients/fluent.js';
import { agent, meshUser, organizationOf } from '../clients/mesh.js';
import { signedUpOnce } from './one-port.js';
import { journeyOnOne } from './platforms.js';
import { ask, unique } from '../clients/http.js';
import { newRoom, roomsUser } from '../clients/rooms.js';
import { aDevice, topicCall } from '../clients/swifty.js';

interface Claims {
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
}
const claimsOf = (token: string): Claims =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;

/** Where each wire shows who is signed in, and its socket. */
const entryPoints = {
  swifty: (token: string) => ({ rest: `/messages/x/status?token=${token}`, socket: `/ws?token=${token}` }),
  rooms: (token: string) => ({ rest: '/api/auth/me', socket: `/ws/chat/1?token=${token}` }),
  mesh: (token: string) => ({ rest: '/organizations', socket: `/wires/mesh/ws?token=${token}` }),
  fluent: (token: string) => ({ rest: '/chat/chat_list', socket: `/chat/ws?token=${token}` }),
  conversations: (token: string) => ({ rest: '/conversations/', socket: `/conversations/1/ws?token=${token}` }),
} as const;
type Old = keyof typeof entryPoints;
const old = Object.keys(entryPoints) as Old[];

journeyOnOne('five wires on one port', ({ url, otherUrl }) => {
  const tokens = signedUpOnce(url);
  const json = async (path: string, token?: string) => {
    const { status, body } = await ask('GET', url + path, token === undefined ? {} : { token });
    return [status, body] as const;
  };

  test('K1: POST /register is distinguished by its keys, and with those of both or of neither says what is missing', async () => {
    const register = async (body: object) => ask('POST', `${url}/register`, { body });
    const uuid = crypto.randomUUID();
    const email = `${unique('user')}@example.com`;
    expect(Object.keys((await register({ name: 'TestClient', uuid })).body)).toContain('token');
    expect(Object.keys((await register({ email, password: 'password123' })).body).sort()).toEqual(['email', 'id']);
    // Further keys are nobody's business.
    expect((await register({ name: 'x', uuid: crypto.randomUUID(), version: 2 })).status).toBe(200);
    expect((await register({ name: 'x', email: `x${email}`, password: 'password123' })).status).toBe(200);
    const missing = async (body: object) => {
      const { status, body: answer } = await register(body);
      expect(status).toBe(422);
      return (answer as { detail: { loc: string[] }[] }).detail.map(({ loc }) => loc.join('.'));
    };
    expect(await missing({})).toEqual(['body.uuid', 'body.name', 'body.email', 'body.password']);
    expect(await missing({ uuid, email })).toEqual(['body.name', 'body.password']);
    expect(await missing({ uuid, name: 'x', email, password: 'y' })).toEqual(['body']);
  });

  test('K4: paths are matched whole and by method', async () => {
    const [device, user] = [await aDevice(url), await roomsUser(url)];
    using chat = await openSocket(`${url}/ws/chat/${(await newRoom(url, user)).id}?token=${user.token}`);
    await chat.waitFor('connected');
    using fluent = await chatSocket(url, await fluentUser(url));
    fluent.send('{');
    await expect(fluent.waitFor(() => true)).resolves.toEqual({ text: 'Invalid JSON format' });
    for (const path of ['/wss', '/ws/chat', '/ws/chat/1/2', '/chat/ws/1', '/socket', '/conversations/ws']) {
      await expect(openSocket(`${url}${path}?token=${device.token}`), path).rejects.toThrow('404');
    }
    // Words of paths are names of topics too.
    for (const name of ['create', 'subscribe', 'unsubscribe']) {
      expect([200, 400]).toContain((await topicCall(url, 'create', device, name)).status);
      expect(await json(`/topics/${name}`)).toMatchObject([200, { id: name }]);
    }
  });

  test('K5: each wire takes its own tokens only, over REST and on its socket', async () => {
    const shown = await tokens();
    for (const wire of old) {
      for (const of of old) {
        const token = shown[of];
        expect(claimsOf(token).aud).toBe(of);
        const { rest, socket: path } = entryPoints[wire](token);
        const { status } = await ask('GET', url + rest, wire === 'swifty' ? {} : { token });
        expect([wire, of, status]).toEqual([wire, of, of === wire ? (wire === 'swifty' ? 404 : 200) : 401]);
        // Whoever else's token it is, it opens no socket here; on /ws it may be mesh's.
        if (of === wire || (wire === 'swifty' && of === 'mesh')) continue;
        using socket = await openSocket(otherUrl + path);
        const { code } = await socket.closed;
        expect([wire, of, code]).toEqual([wire, of, wire === 'conversations' ? 4001 : 1008]);
      }
    }
  });

  test('K6: GET / is swifty’s JSON with more endpoints, and a page for browsers', async () => {
    const [status, body] = await json('/');
    expect([status, body]).toMatchObject([
      200,
      { version: expect.stringMatching(/^\d+\.\d+\.\d+$/), endpoints: { websocket: '/ws', rooms: '/api/rooms' } },
    ]);
    const page = await ask('GET', `${url}/`, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  test('K7: /health says healthy', async () => {
    expect(await json('/health')).toEqual([200, { status: 'healthy' }]);
    expect((await ask('POST', `${url}/health`)).status).toBe(405);
  });

  test('K8: /users/search is fluent’s, and finds nobody of another wire', async () => {
    const name = unique('shared');
    const body = { ...newFluentUser(), username: name };
    await ask('POST', `${url}/auth/register`, { body });
    const { email, password } = body;
    await ask('POST', `${url}/users/register`, { body: { username: name, email, password } });
    expect(await json(`/users/search?query=${name}`)).toMatchObject([200, [{ username: name, user_name: name }]]);
    expect(((await json(`/users/search?query=${name}`))[1] as unknown as unknown[]).length).toBe(1);
  });

  test('K9: one user name, a password on each wire, numbers of its own on each', async () => {
    const username = unique('testuser');
    const email = `${username}@example.com`;
    const [inRooms, inFluent, inConversations] = ['password123', 'a password', 'TestPassword123'];
    const post = (path: string, body: object) => ask('POST', url + path, { body });
    expect((await post('/api/auth/signup', { username, password: inRooms })).status).toBe(200);
    const fluent = { username, email, public_key: 'k', password: inFluent };
    expect((await post('/auth/register', fluent)).status).toBe(200);
    expect((await post('/users/register', { username, email, password: inConversations })).status).toBe(200);
    expect((await post('/register', { email, password: 'password123' })).status).toBe(200);
    for (const password of [inRooms, inFluent, inConversations]) {
      const statuses = [
        (await post('/api/auth/login', { username, password })).status,
        (await post('/auth/login', { username, password })).status,
        (await signIn(url, username, password)).status,
      ];
      expect(statuses).toEqual([inRooms, inFluent, inConversations].map((own) => (own === password ? 200 : 401)));
    }
    const { access_token: token } = (await post('/api/auth/login', { username, password: inRooms })).body as {
      access_token: string;
    };
    const [, me] = await json('/api/auth/me', token);
    expect((me as { id: number }).id).toBeLessThan(2 ** 31);
  });

  test('K10: /auth/register, login and refresh are fluent’s, /auth/token conversations’, /login mesh’s, /api/auth rooms’', async () => {
    const { body } = await ask('GET', `${url}/openapi.json`);
    const { paths } = body as { paths: Record<string, { post?: { tags: string[] } }> };
    const ownerOf = (path: string) => paths[path]?.post?.tags;
    for (const path of ['/auth/register', '/auth/login', '/auth/refresh']) expect(ownerOf(path)).toEqual(['fluent']);
    expect(ownerOf('/auth/token')).toEqual(['conversations']);
    expect(ownerOf('/login')).toEqual(['mesh']);
    for (const path of ['/api/auth/signup', '/api/auth/login']) expect(ownerOf(path)).toEqual(['rooms']);
  });

  test('K11: without a Bearer header rooms and mesh say 403, fluent and conversations 401', async () => {
    const detail = 'Not authenticated';
    for (const path of ['/api/auth/me', '/api/rooms', '/organizations']) {
      expect([path, ...(await json(path))]).toEqual([path, 403, { detail }]);
    }
    for (const path of ['/chat/chat_list', '/conversations/', '/users/me']) {
      expect([path, ...(await json(path))]).toEqual([path, 401, { detail }]);
    }
  });

  test('K12: tokens live as long as each README says', async () => {
    const minutes = Object.entries(await tokens()).map(([wire, token]) => {
      const { exp, iat } = claimsOf(token);
      return [wire, (exp - iat) / 60];
    });
    expect(Object.fromEntries(minutes)).toEqual({ swifty: 60, rooms: 1440, mesh: 60, fluent: 60, conversations: 3000 });
  });

  test('K13: answers with tokens have each wire’s keys and no others', async () => {
    const post = async (path: string, body: object) =>
      Object.keys((await ask('POST', url + path, { body })).body).sort();
    const { username, password } = await fluentUser(url);
    const pair = ['access_token', 'refresh_token', 'token_type'];
    expect(await post('/auth/login', { username, password })).toEqual(pair);
    const device = { name: 'x', uuid: crypto.randomUUID() };
    expect(await post('/register', device)).toEqual(['message', 'name', 'token', 'uuid']);
    const user = await meshUser(url);
    expect(await post('/login', { email: user.email, password: user.password })).toEqual([
      'access_token',
      'token_type',
    ]);
  });

  test('K15: both forms of a last slash are answered, without a redirect, on every wire', async () => {
    const shown = await tokens();
    for (const [path, token] of [
      ['/clients', undefined],
      ['/topics', undefined],
      ['/api/rooms', shown.rooms],
      ['/organizations', shown.mesh],
      ['/chat/chat_list', shown.fluent],
      ['/conversations', shown.conversations],
      ['/health', undefined],
    ] as const) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      for (const slash of ['', '/']) {
        const { status } = await fetch(url + path + slash, { headers, redirect: 'manual' });
        expect([path + slash, status]).toEqual([path + slash, 200]);
      }
    }
    const body = JSON.stringify({ name: 'My Organization', subnet: '10.0.0.0/24' });
    const headers = { authorization: `Bearer ${shown.mesh}`, 'content-type': 'application/json' };
    const made = await fetch(`${url}/organizations/`, { method: 'POST', headers, body, redirect: 'manual' });
    expect(made.status).toBe(200);
  });

  test('K18, W1.4: any origin may call every wire, without credentials', async () => {
    const origin = 'https://app.example.org';
    for (const path of ['/register', '/clients', '/api/rooms', '/organizations', '/auth/login', '/conversations/']) {
      const preflight = await ask('OPTIONS', url + path, {
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      const { headers } = await ask('GET', url + path, { headers: { origin } });
      for (const each of [preflight.headers, headers]) {
        expect([path, each.get('access-control-allow-origin')]).toEqual([path, '*']);
        expect(each.get('access-control-allow-credentials')).toBeNull();
      }
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    }
  });

  test('K19, W1.4: both pages call the host they came from, and write text as text', async () => {
    for (const path of ['/test', '/static/chat.html']) {
      const page = await ask('GET', url + path);
      const html = page.body as string;
      expect(page.headers.get('content-type')).toContain('text/html');
      // The scripts of the page and, one after the other, what they import.
      const scripts = [...html.matchAll(/<script[^>]*src="([^"]+)"/g)].map(
        ([, src]) => new URL(src ?? '', url + path).href,
      );
      const sources: string[] = [];
      for (let at = 0; at < scripts.length; at += 1) {
        const source = (await ask('GET', scripts[at]!)).body as string;
        sources.push(source);
        for (const [, file] of source.matchAll(/^import .*from '(\.\/[\w-]+\.js)'/gm)) {
          const imported = new URL(file ?? '', scripts[at]).href;
          if (!scripts.includes(imported)) scripts.push(imported);
        }
      }
      expect(sources.join('\n')).toContain('location.host');
      for (const source of [html, ...sources]) {
        expect(source).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|:8000/);
      }
    }
  });

  test('K20: one store for all, so that topics and addresses are always there', async () => {
    const [device, user] = [await aDevice(url), await meshUser(url)];
    expect((await topicCall(url, 'create', device, unique('topic'))).status).toBe(200);
    await organizationOf(url, [user]);
    using registered = await agent(otherUrl, user);
    expect(registered.answer.virtual_ip).toBe('10.0.0.1');
  });

  test('what is unknown is 404 and a wrong method 405, in every wire’s words', async () => {
    for (const path of ['/nowhere', '/api/nowhere', '/auth/nowhere', '/conversations/1/nowhere', '/topics/a/b']) {
      expect([path, ...(await json(path))]).toEqual([path, 404, { detail: 'Not Found' }]);
    }
    for (const path of ['/register', '/api/auth/login', '/auth/login', '/auth/token', '/topics/create']) {
      const { status, body } = await ask('DELETE', url + path);
      expect([path, status, body]).toEqual([path, 405, { detail: 'Method Not Allowed' }]);
    }
  });

  test('the documents are there: /docs, /redoc, /openapi.json, /asyncapi.json', async () => {
    for (const path of ['/docs', '/redoc']) {
      const page = await ask('GET', url + path);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    }
    expect(await json('/openapi.json')).toMatchObject([200, { openapi: '3.1.0' }]);
    expect(await json('/asyncapi.json')).toMatchObject([200, { asyncapi: '3.1.0' }]);
  });
});
