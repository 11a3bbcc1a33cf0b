// The proxy of the compose stack, with its own configuration file and a real HAProxy, in front of a server that answers everything.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer, request } from 'node:http';
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
  let proxy: ChildProcess;
  let server: Server;
  let port = 0;

  beforeAll(async () => {
    server = createServer((_request, response) => response.end('served'));
    const [behind, health] = [await freePort(), await freePort()];
    port = await freePort();
    await new Promise<void>((resolve) => server.listen(behind, '127.0.0.1', resolve));
    const file = fileURLToPath(new URL('../deploy/compose/haproxy.cfg', import.meta.url));
    const configuration = readFileSync(file, 'utf8')
      .replace('bind :8000', `bind 127.0.0.1:${port}`)
      .replace('bind 127.0.0.1:9000', `bind 127.0.0.1:${health}`)
      .replace(/default-server .*/, '')
      .replace(/server-template .*/, `server gateway 127.0.0.1:${behind}`);
    writeFileSync(join(folder, 'haproxy.cfg'), configuration);
    const environment = { PROXY_CLIENTS_MAX: '100', PROXY_CONNECTIONS_PER_ADDRESS: String(connectionsMax) };
    const options = { env: { ...process.env, ...environment }, stdio: 'ignore' as const };
    proxy = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], options);
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
  const ask = (from: string) =>
    new Promise<{ status: number | undefined; retryAfter: string | undefined }>((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, localAddress: from, agent: false }, (answer) => {
        answer.resume();
        resolve({ status: answer.statusCode, retryAfter: answer.headers['retry-after'] });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });

  test('answers 429 to an address that holds its share of connections, and serves another', async () => {
    for (let n = 0; n < connectionsMax; n += 1) await hold('127.0.0.3');
    await eventually(async () => expect(await ask('127.0.0.3')).toEqual({ status: 429, retryAfter: '5' }), {
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
});
