import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inProcessBus } from '@parley/bus';
import { Fault } from '@parley/contracts';
import { createLog, createMetrics } from '@parley/runtime';
import express from 'express';
import { afterEach, expect, test, vi } from 'vitest';
import { coreOver } from '../core.js';
import type { RestDeps } from '../protocol/rest-deps.js';
import { mountsOf } from '../dialects/registry.js';
import { route } from '../protocol/routes.js';
import type { Reply } from '../protocol/routes.js';
import { createBodyReader } from './body.js';
import { traceRequests } from './request-trace.js';
import { dialectRouter } from './dialect-router.js';

const log = createLog({ service: 'test', level: 'silent' });
const { request: requests } = coreOver(inProcessBus({ log })).auth;
const closers: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

/** A dialect with one route, `GET /it`, and the format of rooms. */
const serve = async (handle: () => Promise<Reply>): Promise<number> => {
  const mount = mountsOf({ dialectRealms: {}, v1Realms: [] }).find(({ dialect }) => dialect.name === 'rooms')!;
  const routes = [
    route({ method: 'get', path: '/it', operationId: 'getIt', summary: 'It', access: 'anyone', responses: {}, handle }),
  ];
  const app = express();
  app.use(traceRequests(log, createMetrics('test')));
  app.use(
    dialectRouter({
      mount,
      routes,
      deps: {} as RestDeps,
      requests,
      readBody: createBodyReader(1024),
      isFor: () => true,
      log,
    }),
  );
  const server = createServer(app).listen(0, '127.0.0.1');
  closers.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const get = (port: number): Promise<{ status: number; text: string; whole: boolean; retryAfter: string | undefined }> =>
  new Promise((resolve, reject) => {
    httpRequest({ port, path: '/it', agent: false }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('error', () => undefined);
      incoming.on('close', () => {
        const retryAfter = incoming.headers['retry-after'];
        resolve({ status: incoming.statusCode ?? 0, text, whole: incoming.complete, retryAfter });
      });
    })
      .on('error', reject)
      .end();
  });

test('a handler that never ends is answered for after 15 s', async () => {
  let entered: (() => void) | undefined;
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const port = await serve(() => {
    entered?.();
    return new Promise(() => undefined);
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const answer = get(port);
  await inside;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await answer).toMatchObject({ status: 503, retryAfter: '1' });
});

test('a fault half way through a long answer cuts it, so that half is never taken for whole', async () => {
  const port = await serve(() =>
    Promise.resolve({
      stream: (async function* () {
        yield '[1,';
        await new Promise((resolve) => setImmediate(resolve));
        throw new Fault('unavailable', 'bus_down', 'No');
      })(),
    }),
  );
  expect(await get(port)).toMatchObject({ status: 200, text: '[1,', whole: false });
});
