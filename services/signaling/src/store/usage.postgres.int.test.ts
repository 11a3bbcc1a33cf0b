import { expect, test } from 'vitest';
import { givenSignaling, somebody } from '../testing/fixtures.js';
import { usageInPostgres } from './usage.postgres.js';

test('networks are counted by how full they are; what was released is free again', async () => {
  await using given = await givenSignaling();
  const accounts = (count: number) => Array.from({ length: count }, () => somebody());
  const read = usageInPostgres(given.database);
  expect(await read()).toEqual({
    networks: { below_50: 0, from_50: 0, from_80: 0, from_95: 0, full: 0 },
    addresses: 0,
    leases: 0,
    peers: 0,
  });
  await given.organization('10.0.0.0/29', accounts(2));
  await given.organization('10.0.0.0/29', accounts(3));
  await given.organization('10.0.0.0/29', accounts(5));
  const people = accounts(6);
  const { reference } = await given.organization('10.0.0.0/29', people);
  // A network of one host is always full, so the classes leave it out.
  await given.organization('10.0.0.0/32', accounts(1));
  expect(await read()).toEqual({
    networks: { below_50: 1, from_50: 1, from_80: 1, from_95: 0, full: 1 },
    addresses: 25,
    leases: 17,
    peers: 0,
  });
  for (const one of people.slice(0, 2)) await given.client.lease.release({ reference }, one);
  expect(await read()).toMatchObject({ networks: { from_50: 2, full: 0 }, leases: 15 });
});
