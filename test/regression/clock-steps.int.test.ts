// Steps of this host's clock, as `settimeofday` makes them: only what people read may change.
import { signUp } from '@parley/client';
import { eventually, freshServiceDatabase, servers, startInOneProcess } from '@parley/testing';
import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import WebSocket from 'ws';

test('heartbeats go on after steps of +1 h and −20 s, and a client that answers them stays', async () => {
  const database = await freshServiceDatabase();
  const parley = await startInOneProcess({
    natsUrl: servers().natsUrl,
    databaseUrl: database.url,
    timings: { heartbeatMs: 200 },
  });
  try {
    const { accessToken } = await signUp({ url: parley.url, username: 'heartbeat', password: 'correct horse' });
    const headers = { authorization: `Bearer ${accessToken}` };
    const socket = new WebSocket(`${parley.url.replace('http', 'ws')}/v1/socket`, { headers });
    let pings = 0;
    socket.on('ping', () => (pings += 1));
    await once(socket, 'message');
    const heartbeatsGoOn = async (): Promise<void> => {
      const before = pings;
      await eventually(() => expect(pings).toBeGreaterThan(before + 3), { withinMs: 10_000 });
      expect(socket.readyState).toBe(WebSocket.OPEN);
    };
    await heartbeatsGoOn();
    for (const stepMs of [3_600_000, -20_000]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + stepMs });
      await heartbeatsGoOn();
    }
    socket.close();
    await once(socket, 'close');
  } finally {
    vi.useRealTimers();
    await parley.stop();
    await database[Symbol.asyncDispose]();
  }
});
