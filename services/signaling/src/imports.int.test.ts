import { randomUUID } from 'node:crypto';
import type { Client, Signaling } from '@parley/contracts';
import { afterEach, expect, test } from 'vitest';
import { type Caller, givenSignaling, somebody, system } from './testing/fixtures.js';

type Organization = Parameters<Client<Signaling>['import']['organizations']>[0]['rows'][number];

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const importer = { principal: { kind: 'system', realm: 'mesh', service: 'importer' } } as const;
const source = 'mesh of a test';

const given = async () => {
  const made = await givenSignaling();
  undo.push(() => made[Symbol.asyncDispose]());
  const importId = randomUUID();
  await made.client.import.begin({ importId, source }, importer);
  return { ...made, importId };
};

const organization = (number: number, subnet: string, createdBy: Caller | null): Organization => ({
  id: randomUUID(),
  number,
  name: `Org ${number}`,
  subnet,
  createdBy: createdBy?.principal.accountId ?? null,
  createdAt: null,
});
const seat = ({ id: organizationId }: Organization, { principal }: Caller) => ({
  organizationId,
  accountId: principal.accountId,
});
const lease = (of: Organization, holder: Caller, address: string) => ({
  ...seat(of, holder),
  accountNumber: holder.principal.number,
  address,
});

test('organizations, members and addresses are as they were, and the next address is the lowest free one', async () => {
  const { client, importId } = await given();
  const [ada, eve, bob] = [somebody(), somebody(), somebody()];
  const acme = organization(7, '10.0.0.9/255.255.255.0', ada);
  const empty = organization(3, '10.1.0.0/24', null);
  const members = [ada, eve, bob].map((each) => seat(acme, each));
  const leases = [lease(acme, ada, '10.0.0.2'), lease(acme, eve, '10.0.0.5')];
  for (const added of [2, 0])
    expect(await client.import.organizations({ importId, rows: [acme, empty] }, importer)).toEqual({ added });
  for (const added of [3, 0])
    expect(await client.import.members({ importId, rows: members }, importer)).toEqual({ added });
  for (const added of [2, 0])
    expect(await client.import.leases({ importId, rows: leases }, importer)).toEqual({ added });
  const finished = await client.import.finish({ importId }, importer);
  expect(await client.import.finish({ importId }, importer)).toEqual(finished);

  expect(await client.organization.list({}, ada)).toMatchObject([
    { number: 7, createdBy: ada.principal.accountId, networks: [{ cidr: '10.0.0.9/255.255.255.0' }] },
  ]);
  const reference = { number: 7 };
  const held = await client.lease.list({ reference }, ada);
  expect(held.map(({ address, accountNumber }) => [address, accountNumber])).toEqual([
    ['10.0.0.2', ada.principal.number],
    ['10.0.0.5', eve.principal.number],
  ]);
  const given4 = [bob, ...Array.from({ length: 4 }, () => somebody())];
  const addresses: string[] = [];
  for (const each of given4) {
    if (each !== bob) await client.organization.join({ reference }, each);
    addresses.push((await client.lease.allocate({ reference }, each)).address);
  }
  expect(addresses).toEqual(['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.6', '10.0.0.7']);
  expect((await client.organization.create({ name: 'New', subnet: '10.2.0.0/24' }, ada)).number).toBe(8);
});

test('a lonely address high in a large network leaves a bounded number of holes', async () => {
  const { client, database, importId } = await given();
  const ada = somebody();
  const huge = organization(1, '10.0.0.0/8', ada);
  await client.import.organizations({ importId, rows: [huge] }, importer);
  await client.import.members({ importId, rows: [seat(huge, ada)] }, importer);
  await client.import.leases({ importId, rows: [lease(huge, ada, '10.200.0.1')] }, importer);
  await client.import.finish({ importId }, importer);
  const holes = await database.knex.raw<{ rows: { count: number }[] }>(
    'select count(*)::integer as count from released_addresses',
  );
  expect(holes.rows).toEqual([{ count: 65_536 }]);
});

test('what does not fit is refused', async () => {
  const { client, importId } = await given();
  const [ada, eve] = [somebody(), somebody()];
  const acme = organization(1, '10.0.0.0/24', ada);
  const { organizations, leases, members, begin } = client.import;
  await organizations({ importId, rows: [acme] }, importer);
  const strangers = organization(9, '10.9.0.0/24', ada);
  const twins = [lease(acme, ada, '10.0.0.1'), lease(acme, eve, '10.0.0.1')];
  const refusals: readonly (readonly [() => Promise<unknown>, string])[] = [
    [() => organizations({ importId, rows: [organization(1, '10.1.0.0/24', ada)] }, importer), 'number_taken'],
    [() => organizations({ importId, rows: [organization(2, 'anything', ada)] }, importer), 'bad_subnet'],
    [() => leases({ importId, rows: [lease(acme, ada, '10.0.1.1')] }, importer), 'address_outside'],
    [() => leases({ importId, rows: twins }, importer), 'address_taken'],
    [() => members({ importId, rows: [seat(strangers, ada)] }, importer), 'organization_not_found'],
    [() => begin({ importId, source: 'other' }, importer), 'import_other_source'],
  ];
  for (const [call, reason] of refusals) await expect(call()).rejects.toMatchObject({ reason });
});

test('a realm with organizations is refused, and so is everybody but the importer', async () => {
  const { client, importId } = await given();
  const there = somebody('main');
  await client.organization.create({ name: 'Acme', subnet: '10.0.0.0/24' }, there);
  const main = { principal: { ...importer.principal, realm: 'main' } };
  await expect(client.import.begin({ importId, source }, main)).rejects.toMatchObject({ reason: 'realm_not_empty' });
  for (const caller of [there, system()]) {
    const refused = { code: 'forbidden', reason: 'system_only' };
    const rows = [organization(1, '10.0.0.0/24', there)];
    await expect(client.import.begin({ importId, source }, caller)).rejects.toMatchObject(refused);
    await expect(client.import.organizations({ importId, rows }, caller)).rejects.toMatchObject(refused);
    await expect(client.import.finish({ importId }, caller)).rejects.toMatchObject(refused);
  }
});
