import { type AddressInfo, connect, createServer } from 'node:net';
import { startPostgres, type RunningServer } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkDatabase } from './check-database.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

test('a PostgreSQL that stops while it is checked may come back; what never spoke like one may not', async () => {
  let endsAt = 'pg_tables';
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('data', (data) => (data.includes(endsAt) ? client.destroy() : upstream.write(data)));
    client.on('close', () => upstream.destroy());
    upstream.pipe(client);
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  try {
    const url = new URL(server.url);
    url.port = String((proxy.address() as AddressInfo).port);
    await expect(checkDatabase(url.toString(), ['chat'])).resolves.toMatchObject({
      kind: 'unreachable',
      sentence: `DATABASE_URL: no PostgreSQL answers at ${url.host}`,
    });
    // In the first packet of each connection.
    endsAt = 'user';
    await expect(checkDatabase(url.toString(), ['chat'])).resolves.toEqual({
      kind: 'wrong',
      sentence: `DATABASE_URL: what answers at ${url.host} is not PostgreSQL`,
    });
  } finally {
    proxy.close();
  }
});
