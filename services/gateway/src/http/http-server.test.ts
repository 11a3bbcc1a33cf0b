import { once } from 'node:events';
import type { ServerOptions } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpServer } from './http-server.js';

const opened = async (silentMs: number, options: ServerOptions = {}): Promise<Socket> => {
  const server = createHttpServer({ silentMs, keepAliveTimeout: 60_000, ...options }, (request, response) => {
    if (request.url === '/answered') response.end('answer');
    else response.write('begun');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  socket.on('error', () => undefined);
  return socket;
};
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test.each(['first', 'second'])('a connection whose %s request is never answered in full is closed', async (which) => {
  const socket = await opened(50);
  let received = '';
  socket.on('data', (data: Buffer) => void (received += data.toString()));
  if (which === 'second') {
    socket.write(get('/answered'));
    while (!received.includes('answer')) await once(socket, 'data');
  }
  socket.write(get('/begun'));
  await once(socket, 'close');
  expect(received).toContain('begun');
});

test('a connection that never sends a request is closed', async () => {
  const socket = await opened(60_000, { headersTimeout: 50, connectionsCheckingInterval: 20 });
  socket.resume();
  await once(socket, 'close');
});
