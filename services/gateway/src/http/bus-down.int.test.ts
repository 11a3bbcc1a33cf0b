import { connectNats } from '@parley/bus';
import { auth, chat, topics } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, startNats } from '@parley/testing';
import supertest from 'supertest';
import { expect, test } from 'vitest';
import { GatewayConfig, startGateway } from '../gateway.js';
import { claimsOf, createTokenAuthority, serveParts, sign } from '../testing/signers.js';

const log = createLog({ service: 'test', level: 'silent' });

test('while NATS is down requests are 503 with Retry-After within a second; when it is back all is well', async () => {
  const nats = await startNats();
  const [bus, services] = await Promise.all([
    connectNats({ servers: nats.url, name: 'gateway', log }),
    connectNats({ servers: nats.url, name: 'services', log }),
  ]);
  const authority = createTokenAuthority(Date.now);
  await serveParts(services, auth, authority.answers);
  await serveParts(services, topics, { 'channel.list': () => Promise.resolve({ channels: [], next: null }) });
  await serveParts(services, chat, { 'channel.summaries': () => Promise.resolve([]) });
  const gateway = await startGateway(GatewayConfig.parse({ PORT: '0' }), { bus, log });
  const now = Math.floor(Date.now() / 1000);
  const token = sign(authority.state.signers[0]!, claimsOf({ iat: now, exp: now + 3_600 }));
  const rooms = () => supertest(gateway.url).get('/api/rooms').auth(token, { type: 'bearer' });
  try {
    await rooms().expect(200);
    await nats.kill('SIGKILL');
    await eventually(() => !bus.connected);
    const startedAt = performance.now();
    await rooms().expect(503).expect('retry-after', '1');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await supertest(gateway.url).get('/health').expect(200);
    await nats.start();
    await eventually(async () => (await rooms()).status === 200, { withinMs: 15_000 });
  } finally {
    await gateway.stop();
    await Promise.all([bus.drain(), services.drain()]);
    await nats.stop();
  }
});
