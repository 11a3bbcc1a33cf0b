// A stopping process is still sent work by those that have not noticed yet. It takes that work for PARLEY_SHUTDOWN_DELAY_MS.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '@parley/bus';
import { topics } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, freshDatabases, openSocket, serviceProcess, startNats, startPlatform } from '@parley/testing';
import { expect, test } from 'vitest';

const shutdownDelayMs = 2_000;

test('a process that stops says so at once, still answers for a while, and can be watched until its end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-stopping-'));
  await using database = await freshDatabases([]);
  const nats = await startNats();
  const log = createLog({ service: 'gateway', level: 'error' });
  const environment = {
    NATS_URL: nats.url,
    DATABASE_URL: database.url,
    PARLEY_SHUTDOWN_DELAY_MS: String(shutdownDelayMs),
  };
  const logFile = join(folder, 'topics.log');
  const process = await serviceProcess({ service: 'topics', name: 'topics-1', environment, logFile });
  const bus = await connectNats({ servers: nats.url, name: 'test', log });
  try {
    await process.start();
    const { channel } = bus.client(topics);
    const principal = { kind: 'system', realm: 'main', service: 'gateway' } as const;
    const list = () => channel.list({ kinds: ['room'] }, { principal });

    const stoppedAt = performance.now();
    const stopped = process.stop();
    await eventually(async () => (await fetch(`${process.healthUrl}/readyz`)).status === 503);
    expect(performance.now() - stoppedAt).toBeLessThan(shutdownDelayMs);
    await expect(list()).resolves.toMatchObject({ channels: [] });
    expect((await fetch(`${process.healthUrl}/metrics`)).status).toBe(200);

    expect(await stopped).toBe(0);
    expect(performance.now() - stoppedAt).toBeGreaterThanOrEqual(shutdownDelayMs);
    await expect(list()).rejects.toMatchObject({ reason: 'no_responders' });
  } finally {
    await process.stop();
    await bus.drain();
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('standalone sends every client a goaway before it ends', async () => {
  await using platform = await startPlatform('standalone');
  const [url = ''] = platform.urls;
  const opening = Array.from({ length: 5 }, async () => {
    const body = JSON.stringify({ name: 'device', uuid: randomUUID() });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/register`, { method: 'POST', headers, body });
    const { token } = (await answer.json()) as { token: string };
    const socket = await openSocket(`${url}/ws?token=${token}`);
    await socket.waitFor('connection');
    return { closed: socket.closed };
  });
  const sockets = await Promise.all(opening);
  await platform.stop();
  for (const { closed } of sockets) expect(await closed).toMatchObject({ code: 1012 });
});
