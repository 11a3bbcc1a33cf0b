import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '@parley/testing';
import { createHttpServer } from './http-server.js';

const listening = async (answer: RequestListener): Promise<() => Promise<Socket>> => {
  const server = createHttpServer({}, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`;

test.each(['/other', '/health'])(
  'many requests at once on many connections delay %s of another by few',
  async (path) => {
    const begun: string[] = [];
    const open = await listening((request, response) => {
      begun.push(request.url ?? '');
      response.end();
    });
    const flooding = await Promise.all(upTo(20).map(open));
    const other = await open();
    for (const socket of flooding) socket.write(get('/flood').repeat(200));
    other.write(get(path));
    await eventually(() => expect(begun).toHaveLength(4_001));
    expect(begun.indexOf(path)).toBeLessThan(1_000);
  },
);

test('each of many requests on one connection is answered, in order, with its body', async () => {
  const open = await listening((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(`<${request.url}${body}>`));
  });
  const socket = await open();
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.write(
    upTo(600)
      .map((n) => (n % 2 === 0 ? get(`/${n}`) : post(`/${n}`)))
      .join(''),
  );
  const answers = (): string[] => [...received.matchAll(/<\/(\d+)(?:body)?>/g)].map(([, n]) => n ?? '');
  await eventually(() => expect(answers()).toHaveLength(600));
  expect(answers()).toEqual(upTo(600).map(String));
  expect(received.match(/body>/g)).toHaveLength(300);
});

test('a connection on which far too many requests wait is closed, and they do not begin', async () => {
  let begun = 0;
  const open = await listening((request, response) => {
    begun += 1;
    response.end(request.url);
  });
  const flooding = await open();
  const closed = once(
    flooding.on('error', () => {}),
    'close',
  );
  flooding.resume();
  flooding.write(get('/flood').repeat(20_000));
  await closed;
  expect(begun).toBeLessThan(10_000);
  const other = await open();
  other.write(get('/other'));
  const [answer] = (await once(other, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
});
