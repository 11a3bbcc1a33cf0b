// A NATS that moves: the first attempt to reconnect gets no INFO in time, the second one does.
import { startNats } from '@parley/testing';
import { type Socket, connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { caller as options, demo, handlersOf, recordingLog, until } from './testing/demo.js';
import { connectNats } from './nats.js';

const endings: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A way to NATS. As many connections as `held` says reach it only when they are released, and end a moment later. */
const slowProxy = async (port: number) => {
  const open = new Set<Socket>();
  const state = { held: 0, opened: 0 };
  const later: (() => void)[] = [];
  const server = createServer((client) => {
    open.add(client);
    state.opened += 1;
    const forward = (): void => {
      const onward = connect(port, '127.0.0.1');
      client.pipe(onward).pipe(client);
      const end = (): void => {
        open.delete(client);
        client.destroy();
        onward.destroy();
      };
      for (const socket of [client, onward]) socket.on('error', end).on('close', end);
    };
    if (state.held === 0) return forward();
    state.held -= 1;
    later.push(() => {
      forward();
      // NATS ends a connection whose client never says who it is.
      setTimeout(() => client.destroy(), 300);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    open,
    cut: () => open.forEach((socket) => socket.destroy()),
    release: () => later.splice(0).forEach((forward) => forward()),
  };
};

test('an attempt that was given up and ends later opens no second connection', async () => {
  const nats = await startNats();
  endings.push(() => nats.stop());
  const { log } = recordingLog();
  const proxy = await slowProxy(nats.port);
  const server = await connectNats({ servers: proxy.url, name: 'server', log });
  const caller = await connectNats({ servers: nats.url, name: 'caller', log });
  endings.push(() => Promise.all([server.drain(), caller.drain()]));
  const c = demo();
  await server.serve(c, handlersOf());

  proxy.state.held = 1;
  proxy.cut();
  await until(() => proxy.state.opened === 3 && server.connected);
  proxy.release();
  await until(() => proxy.open.size === 1);
  await expect(caller.client(c).thing.get({ id: 7 }, options)).resolves.toMatchObject({ id: 7 });
  expect(proxy.state.opened).toBe(3);
  expect(server.connected).toBe(true);
}, 30_000);
