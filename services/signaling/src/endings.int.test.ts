// How memberships, addresses and organizations end, and how many addresses an account may hold.
import type { Client, Signaling } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brief, givenSignaling, somebody, type Given } from './testing/fixtures.js';

let given: Given;
let organization: Client<Signaling>['organization'];
beforeAll(async () => {
  given = await givenSignaling();
  organization = given.client.organization;
});
afterAll(() => given[Symbol.asyncDispose]());

const gone = { code: 'not_found', reason: 'organization_not_found' };

describe('an end', () => {
  const notOwner = { code: 'forbidden', reason: 'not_owner' };

  test('a member leaves or is removed by the owner; its address is free and its peers are offline', async () => {
    const [ada, bob, eve] = [somebody(), somebody(), somebody()];
    const { reference, network } = await given.organization('10.0.0.0/24', [ada, bob, eve]);
    const events = await given.received(network);
    const gateway = await given.gateway();
    for (const [who, agentId] of [
      [ada, 'a'],
      [bob, 'b'],
      [eve, 'e'],
    ] as const)
      await given.register(gateway, who, { agentId });
    const remove = (who: typeof ada, by: typeof ada) =>
      organization.removeMember({ reference, accountId: who.principal.accountId }, by);
    await expect(remove(eve, bob)).rejects.toMatchObject(notOwner);
    await expect(remove(somebody(), ada)).rejects.toMatchObject({ reason: 'member_not_found' });
    await expect(organization.removeMember({ reference }, somebody())).rejects.toMatchObject({ reason: 'not_member' });
    await remove(bob, ada);
    await organization.removeMember({ reference }, eve);
    expect((await brief(events, 5)).slice(3)).toEqual([
      ['peer.offline', 4, 'b', 'released'],
      ['peer.offline', 5, 'e', 'released'],
    ]);
    for (const gone of [bob, eve]) {
      await expect(given.client.lease.allocate({ reference }, gone)).rejects.toMatchObject({ reason: 'not_member' });
      await expect(given.register(gateway, gone)).rejects.toMatchObject({ reason: 'no_organization' });
    }
    const late = somebody();
    await organization.join({ reference }, late);
    expect(await given.client.lease.allocate({ reference }, late)).toMatchObject({ address: '10.0.0.2' });
    // The creator may leave; then the organization belongs to the member that joined first.
    await organization.removeMember({ reference }, ada);
    await organization.join({ reference }, bob);
    await expect(remove(late, bob)).rejects.toMatchObject(notOwner);
    await remove(bob, late);
  });

  test('an address is released by its holder and by the owner alone', async () => {
    const [ada, bob, eve] = [somebody(), somebody(), somebody()];
    const { reference } = await given.organization('10.0.0.0/24', [ada, bob, eve]);
    const release = (address: string, by: typeof ada) => given.client.lease.release({ reference, address }, by);
    await expect(release('10.0.0.3', bob)).rejects.toMatchObject(notOwner);
    expect(await release('10.0.0.3', ada)).toEqual({ released: '10.0.0.3' });
    expect(await release('10.0.0.2', bob)).toEqual({ released: '10.0.0.2' });
    expect(await release('10.0.0.2', ada)).toEqual({ released: null });
  });

  test('an organization is deleted by its owner, with everything in it', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { reference, network } = await given.organization('10.0.0.0/24', [ada, bob]);
    const events = await given.received(network);
    await given.register(await given.gateway(), bob, { agentId: 'b' });
    await organization.invite({ reference }, ada);
    await given.client.lease.release({ reference }, ada);
    await expect(organization.delete({ reference }, bob)).rejects.toMatchObject(notOwner);
    await expect(organization.delete({ reference }, somebody())).rejects.toMatchObject({ reason: 'not_member' });
    await organization.delete({ reference }, ada);
    expect((await brief(events, 2))[1]).toEqual(['peer.offline', 2, 'b', 'released']);
    await expect(organization.join({ reference }, ada)).rejects.toMatchObject(gone);
    expect(await organization.list({}, ada)).toEqual([]);
  });

  test('an account holds at most a thousand addresses', async () => {
    const ada = somebody();
    const { reference } = await given.organization('10.0.0.0/24', [ada], false);
    const { knex } = given.database;
    await knex.raw(
      `with made as (
         insert into organizations (id, realm, number, name, created_by)
         select gen_random_uuid(), 'elsewhere', 1000 + n, 'x', :account from generate_series(1, 1000) n returning id
       ), networks_made as (
         insert into networks (id, organization_id, realm, cidr, first_address, last_address)
         select gen_random_uuid(), id, 'elsewhere', '10.0.0.0/24', 0, 255 from made returning id
       )
       insert into leases (network_id, account_id, realm, account_number, address)
       select id, :account, 'elsewhere', 1, 1 from networks_made`,
      { account: ada.principal.accountId },
    );
    const allocate = () => given.client.lease.allocate({ reference }, ada);
    await expect(allocate()).rejects.toMatchObject({ code: 'exhausted', reason: 'too_many_addresses' });
    await knex.raw(`delete from leases where ctid in (select ctid from leases where account_id = ? limit 1)`, [
      ada.principal.accountId,
    ]);
    expect(await allocate()).toMatchObject({ address: '10.0.0.1' });
    expect(await allocate()).toMatchObject({ address: '10.0.0.1' });
  });
});
