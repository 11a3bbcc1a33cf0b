// The proxy of the compose stack, with its own configuration file and a real HAProxy, in front of a server that says what it was sent.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, type ServerResponse, createServer, request } from 'node:http';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, freePort } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const isThere = (() => {
  try {
    return /HA-?Proxy/.test(execFileSync('haproxy', ['-v'], { encoding: 'utf8' }));
  } catch {
    return false;
  }
})();
const connectionsMax = 5;

// Needs `haproxy` on the PATH (Debian: apt-get install haproxy).
describe.skipIf(!isThere)('the proxy of the compose stack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-proxy-'));
  const held: Socket[] = [];
  const slow: ServerResponse[] = [];
  let proxy: ChildProcess;
  let server: Server;
  let port = 0;
  let portForCaddy = 0;
  let log = '';

  beforeAll(async () => {
    server = createServer(({ url, headers }, response) => {
      if (url === '/slow') {
        slow.push(response);
        return;
      }
      if (url === '/broken') response.statusCode = 503;
      response.end(
        JSON.stringify([headers['x-forwarded-for'], headers['x-forwarded-proto'], headers.forwarded ?? null]),
      );
    });
    const [behind, health] = [await freePort(), await freePort()];
    [port, portForCaddy] = [await freePort(), await freePort()];
    await new Promise<void>((resolve) => server.listen(behind, '127.0.0.1', resolve));
    const file = fileURLToPath(new URL('../deploy/compose/haproxy.cfg', import.meta.url));
    const configuration = readFileSync(file, 'utf8')
      .replace('bind :8000', `bind 127.0.0.1:${port}`)
      .replace('bind :8001', `bind 127.0.0.1:${portForCaddy}`)
      .replace('dst_port 8001', `dst_port ${portForCaddy}`)
      .replace('bind 127.0.0.1:9000', `bind 127.0.0.1:${health}`)
      .replace(/default-server .*/, '')
      .replace(/server-template .*/, `server gateway 127.0.0.1:${behind}`);
    writeFileSync(join(folder, 'haproxy.cfg'), configuration);
    const environment = {
      PROXY_CLIENTS_MAX: '100',
      PROXY_CONNECTIONS_PER_ADDRESS: String(connectionsMax),
      PROXY_TRUSTED: '127.0.0.7 127.0.0.64/28',
      PROXY_BLOCKED: '127.0.0.8 198.51.100.0/24',
      PROXY_LOG_LEVEL: 'notice',
    };
    const env = { ...process.env, ...environment };
    proxy = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    proxy.stdout?.on('data', (data: Buffer) => (log += data.toString()));
    await eventually(async () => expect(await ask('127.0.0.2')).toMatchObject({ status: 200 }), { withinMs: 10_000 });
  });
  afterAll(async () => {
    for (const socket of held) socket.destroy();
    proxy.kill('SIGKILL');
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  const hold = (from: string) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: from }, () => resolve(socket));
      socket.on('error', reject);
      held.push(socket);
    });
  interface Question {
    readonly headers?: Readonly<Record<string, string>>;
    readonly to?: number;
    readonly path?: string;
  }
  interface Answer {
    readonly status: number | undefined;
    readonly retryAfter: string | undefined;
    readonly body: string;
  }
  const ask = (from: string, { headers = {}, to = port, path = '/' }: Question = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const target = { host: '127.0.0.1', port: to, path, localAddress: from, agent: false };
      const outgoing = request({ ...target, headers }, (answer) => {
        let body = '';
        answer.on('data', (data: Buffer) => (body += data.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode, retryAfter: answer.headers['retry-after'], body }));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  /** What the proxy says about the client to the gateway: its address, its scheme, and `Forwarded`. */
  const seen = async (from: string, question?: Question): Promise<unknown> =>
    JSON.parse((await ask(from, question)).body);
  const claims = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https', forwarded: 'for=203.0.113.9' };

  test('answers 429 to an address that holds its share of connections, and serves another', async () => {
    for (let n = 0; n < connectionsMax; n += 1) await hold('127.0.0.3');
    await eventually(async () => expect(await ask('127.0.0.3')).toMatchObject({ status: 429, retryAfter: '5' }), {
      withinMs: 10_000,
    });
    expect(await ask('127.0.0.4')).toMatchObject({ status: 200 });
    for (const socket of held.splice(0)) socket.destroy();
    await eventually(async () => expect(await ask('127.0.0.3')).toMatchObject({ status: 200 }), { withinMs: 10_000 });
  });

  test('does not answer an address that opens twice as many', async () => {
    // On a busy machine the proxy ends connections that were silent for too long, so the address opens as many again.
    const isUnanswered = async (): Promise<boolean> => {
      await Promise.all(Array.from({ length: 2 * connectionsMax - 1 }, () => hold('127.0.0.5')));
      return ask('127.0.0.5').then(
        () => false,
        () => true,
      );
    };
    await eventually(isUnanswered, { withinMs: 10_000 });
    expect(await ask('127.0.0.6')).toMatchObject({ status: 200 });
  });

  test('a client says nothing about itself', async () => {
    expect(await seen('127.0.0.9', { headers: claims })).toEqual(['127.0.0.9', 'http', null]);
  });

  test('a proxy that is trusted says who the client is, and what it added last counts', async () => {
    expect(await seen('127.0.0.7', { headers: claims })).toEqual(['203.0.113.9', 'https', null]);
    const chain = { 'x-forwarded-for': '192.0.2.1, 203.0.113.10' };
    expect(await seen('127.0.0.70', { headers: chain })).toEqual(['203.0.113.10', null, null]);
    // One that says nothing is the client.
    expect(await seen('127.0.0.7')).toEqual(['127.0.0.7', null, null]);
  });

  test('Caddy is trusted by the port that only containers reach', async () => {
    expect(await seen('127.0.0.9', { headers: claims, to: portForCaddy })).toEqual(['203.0.113.9', 'https', null]);
  });

  test('each client behind a trusted proxy has its own share', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.20' };
    const waiting = Array.from({ length: connectionsMax }, () =>
      request({ host: '127.0.0.1', port, path: '/slow', localAddress: '127.0.0.7', agent: false, headers }),
    );
    for (const each of waiting) each.on('error', () => undefined).end();
    // One that comes before them would be counted, and one of them refused in its place.
    await eventually(() => slow.length === connectionsMax);
    expect(await ask('127.0.0.7', { headers })).toMatchObject({ status: 429 });
    const other = { 'x-forwarded-for': '203.0.113.21' };
    expect(await ask('127.0.0.7', { headers: other })).toMatchObject({ status: 200 });
    for (const each of slow) each.end();
    await eventually(async () => expect(await ask('127.0.0.7', { headers })).toMatchObject({ status: 200 }), {
      withinMs: 10_000,
    });
  });

  test('who is blocked gets no answer, and a refusal behind a trusted proxy', async () => {
    await expect(ask('127.0.0.8')).rejects.toThrow();
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    expect(await ask('127.0.0.7', { headers })).toMatchObject({ status: 403 });
    expect(await ask('127.0.0.9', { headers })).toMatchObject({ status: 200 });
  });

  test('by default the log has the requests that failed, with the address of the client, and no others', async () => {
    await ask('127.0.0.7', { headers: { 'x-forwarded-for': '203.0.113.30' }, path: '/works' });
    await ask('127.0.0.7', { headers: { 'x-forwarded-for': '203.0.113.31' }, path: '/broken' });
    await eventually(() => log.includes('/broken'), { withinMs: 10_000 });
    expect(log).toMatch(/203\.0\.113\.31[^\n]*\/broken/);
    expect(log).not.toContain('/works');
  });
});
