// What the SDK does when a real gateway refuses it, or when something else answers in its place.
import { createServer } from 'node:http';
import { type AddressInfo, type Socket, createServer as createTcpServer } from 'node:net';
import { type ClientOptions, ParleyClient, type Saved, signIn, signUp } from '@parley/client';
import { eventually, openSocket } from '@parley/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { unique } from '../clients/http.js';
import { type Settled, startWith } from '../options/platform.js';

const hourMs = 3_600_000;
const password = 'correct horse';

let parley: Settled;
let ahead = 0;
beforeAll(async () => {
  parley = await startWith();
});
afterAll(() => parley.stop());

const open: ParleyClient[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
  parley.later(-ahead);
  ahead = 0;
});
const later = (ms: number): void => {
  ahead += ms;
  parley.later(ms);
};

const account = async () => {
  const username = unique('sdk');
  const grant = await signUp({ url: parley.url, username, password });
  return { username, grant, again: () => signIn({ url: parley.url, login: username, password }) };
};

const address = (input: Parameters<typeof fetch>[0]): string =>
  input instanceof Request ? input.url : input.toString();
const refreshPath = '/v1/sessions/refresh';
const clientOf = (options: Partial<ClientOptions>) => {
  const calls: string[] = [];
  const counted: typeof fetch = (input, init) => {
    calls.push(new URL(address(input)).pathname);
    return fetch(input, init);
  };
  const client = new ParleyClient({ url: parley.url, fetch: counted, backoff: { baseMs: 20, maxMs: 100 }, ...options });
  open.push(client);
  return { client, calls, refreshes: () => calls.filter((path) => path === refreshPath).length };
};

test('a refused token is answered under the id of the request, and the socket closes with 4401', async () => {
  const socket = await openSocket(`${parley.url}/v1/socket`);
  socket.send({ jsonrpc: '2.0', id: 7, method: 'session.authenticate', params: { accessToken: 'no.such.token' } });
  const frame = await socket.waitFor((each) => 'error' in each);
  expect(frame).toMatchObject({ id: 7, error: { data: { code: 'unauthenticated', reason: 'invalid_token' } } });
  expect(await socket.closed).toMatchObject({ code: 4401 });
});

test('a token refused at connect is refreshed once, and the client is open within two seconds', async () => {
  const { grant } = await account();
  const { client, refreshes } = clientOf({ tokens: { ...grant, accessToken: 'no.such.token' } });
  await client.connect({ deadlineMs: 2_000 });
  expect(refreshes()).toBe(1);
});

test('without signIn a session that cannot be refreshed rejects, with it signIn is asked once', async () => {
  const { grant, again } = await account();
  const tokens = { accessToken: 'no.such.token', refreshToken: 'no such token' };
  await expect(clientOf({ tokens }).client.connect({ deadlineMs: 2_000 })).rejects.toMatchObject({
    code: 'unauthenticated',
  });
  let asked = 0;
  const { client } = clientOf({ tokens, signIn: () => (asked++, again()) });
  await client.connect({ deadlineMs: 2_000 });
  expect(asked).toBe(1);
  expect(grant.account.id).toBeTypeOf('string');
});

test('signIn that brings refused tokens is asked once, then connect rejects', async () => {
  let asked = 0;
  const { client } = clientOf({ signIn: () => (asked++, Promise.resolve({ accessToken: 'no.such.token' })) });
  await expect(client.connect({ deadlineMs: 2_000 })).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(asked).toBe(1);
});

test('a session that is revoked while connected, or whose account is deleted, ends the client', async () => {
  for (const [path, body] of [
    ['sessions/current', undefined],
    ['me', { password }],
  ] as const) {
    const { grant } = await account();
    const { client } = clientOf({ tokens: grant });
    await client.connect();
    const headers = { authorization: `Bearer ${grant.accessToken}`, 'content-type': 'application/json' };
    const init = { method: 'DELETE', headers, ...(body && { body: JSON.stringify(body) }) };
    expect((await fetch(`${parley.url}/v1/${path}`, init)).status).toBe(204);
    await eventually(() => client.state.name === 'closed');
    expect(client.state).toMatchObject({ error: { code: 'unauthenticated' } });
  }
});

test('a token that expired while offline is refreshed once', async () => {
  const { grant } = await account();
  later(hourMs);
  const { client, refreshes } = clientOf({ tokens: grant });
  await client.connect({ deadlineMs: 2_000 });
  expect(refreshes()).toBe(1);
});

test('two clients on one storage do not end their session: the one that was frozen finds the tokens of the other', async () => {
  const { grant } = await account();
  let kept: Saved = { tokens: grant };
  const storage = { load: () => kept, save: (saved: Saved) => void (kept = saved) };
  // Without sockets: one of a frozen tab would be closed, and asks for nothing.
  const [frozen, other] = [clientOf({ storage, tokens: grant }), clientOf({ storage, tokens: grant })];
  for (let n = 0; n < 2; n++) {
    later(20 * 60_000);
    await other.client.rest.me();
  }
  expect(other.refreshes()).toBe(2);
  await expect(frozen.client.rest.me()).resolves.toMatchObject({ id: grant.account.id });
  await expect(other.client.rest.me()).resolves.toMatchObject({ id: grant.account.id });
});

const foreign: readonly [string, number, Record<string, string>, string][] = [
  ['a 404 page', 404, { 'content-type': 'text/html' }, '<h1>Not found</h1>'],
  ['a 401 page', 401, { 'content-type': 'text/html' }, '<h1>Sign in to the network</h1>'],
  ['HTML with 200', 200, { 'content-type': 'text/html' }, '<h1>Welcome</h1>'],
  ['another service', 200, { 'content-type': 'application/json' }, '{"status":"ok"}'],
  ['an empty answer', 204, {}, ''],
  ['truncated JSON', 200, { 'content-type': 'application/json' }, '{"accessToken":"a'],
  ['a redirect', 302, { location: '/login' }, ''],
];

test.each(foreign)(
  '%s of a proxy is passing, and never replaces stored tokens',
  async (_name, status, headers, body) => {
    const { grant } = await account();
    let isForeign = true;
    const proxy = createServer((request, response) => {
      if (isForeign) return void response.writeHead(status, headers).end(body);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = 'GET', headers: sent } = request;
        const own = { 'content-type': 'application/json', authorization: sent.authorization ?? '' };
        const init = { method, headers: own, ...(chunks.length > 0 && { body: Buffer.concat(chunks) }) };
        void fetch(`${parley.url}${request.url}`, init).then(async (answer) =>
          response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()),
        );
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      let kept: Saved = { tokens: { accessToken: 'no.such.token', refreshToken: grant.refreshToken } };
      const before = kept.tokens;
      const through = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const viaProxy: typeof fetch = (input, init) => fetch(address(input).replace(parley.url, through), init);
      const storage = { load: () => kept, save: (saved: Saved) => void (kept = saved) };
      const { client } = clientOf({ storage, fetch: viaProxy });
      const error = await client.connect({ deadlineMs: 300 }).catch((each: unknown) => each);
      expect(error).toMatchObject({ code: 'unavailable', reason: 'connect_deadline' });
      expect(kept.tokens).toEqual(before);
      expect(client.state.name).not.toBe('closed');
      await expect(signIn({ url: through, login: 'ada', password })).rejects.toMatchObject({ code: 'unavailable' });
      isForeign = false;
      await eventually(() => kept.tokens?.accessToken !== before?.accessToken);
    } finally {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  },
);

test('ws urls work, ids stay in their place, and what is wrong is said', async () => {
  const { grant } = await account();
  const { client } = clientOf({ url: parley.url.replace('http', 'ws'), tokens: grant });
  await expect(client.send('room', 'early')).rejects.toMatchObject({ reason: 'not_connected' });
  await client.connect();
  for (const id of ['../me', 'a/b?c#d']) {
    await expect(client.rest.account(id)).rejects.not.toMatchObject({ reason: 'path_not_found' });
    await expect(client.rest.members(id)).rejects.toBeInstanceOf(Error);
  }
  for (const id of ['', '.', '..'])
    await expect(client.rest.account(id)).rejects.toMatchObject({ reason: 'invalid_id' });
  for (const url of ['', 'chat.example.org', 'ftp://example.org', []]) {
    expect(() => new ParleyClient({ url })).toThrow(/^url (is missing|must begin)/);
  }
  await expect(signIn({ url: '', login: 'ada', password })).rejects.toThrow(/^url is missing/);
});

test('close ends a connection that is being authenticated', { timeout: 10_000 }, async () => {
  const { grant } = await account();
  let closing: Promise<void> | undefined;
  class Closing extends WebSocket {
    override send(data: string): void {
      super.send(data);
      closing ??= client.close();
    }
  }
  const { client } = clientOf({ tokens: grant, webSocket: Closing });
  await expect(client.connect()).rejects.toMatchObject({ reason: 'client_closed' });
  await closing;
});

test('close ends a connection that is being opened', { timeout: 10_000 }, async () => {
  const { grant } = await account();
  const sockets: Socket[] = [];
  const silent = createTcpServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { client } = clientOf({ url, tokens: grant });
    const rejected = expect(client.connect()).rejects.toMatchObject({ reason: 'client_closed' });
    await eventually(() => sockets.length > 0);
    await client.close();
    await rejected;
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  }
});

test('an abort ends connect and closes the client', async () => {
  const { grant } = await account();
  const controller = new AbortController();
  const { client } = clientOf({ url: 'http://127.0.0.1:9', tokens: grant });
  const connecting = client.connect({ signal: controller.signal });
  controller.abort();
  await expect(connecting).rejects.toMatchObject({ name: 'AbortError' });
  expect(client.state.name).toBe('closed');
});
