import type { AccountId } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brief, givenSignaling, somebody, type Given } from './testing/fixtures.js';

let given: Given;
let lease: Given['client']['lease'];
beforeAll(async () => {
  given = await givenSignaling(2);
  lease = given.client.lease;
});
afterAll(() => given[Symbol.asyncDispose]());

const full = { code: 'exhausted', reason: 'subnet_full' };
const stranger = { code: 'forbidden', reason: 'not_member' };
const gone = { code: 'not_found', reason: 'organization_not_found' };
const addressesOf = (leases: readonly { address: string }[]) => leases.map(({ address }) => address);
const accounts = (count: number) => Array.from({ length: count }, () => somebody());

describe('allocate', () => {
  test('the first gets .1, asking again gives the same, the next gets .2', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { reference, leases } = await given.organization('10.7.7.77/24', [ada, bob]);
    expect(addressesOf(leases)).toEqual(['10.7.7.1', '10.7.7.2']);
    expect(await lease.allocate({ reference }, ada)).toEqual(leases[0]);
    expect(leases[1]).toMatchObject({
      accountId: bob.principal.accountId,
      accountNumber: bob.principal.number,
      networkId: leases[0]?.networkId,
    });
  });

  test.each([
    ['10.0.0.8/32', ['10.0.0.8']],
    ['10.0.0.8/31', ['10.0.0.8', '10.0.0.9']],
    ['10.0.0.8/30', ['10.0.0.9', '10.0.0.10']],
    ['255.255.255.255/29', ['249', '250', '251', '252', '253', '254'].map((last) => `255.255.255.${last}`)],
  ])('%s has these hosts and is then full', async (subnet, hosts) => {
    const people = accounts(hosts.length + 1);
    const { reference } = await given.organization(subnet, people, false);
    for (const host of hosts) {
      expect(await lease.allocate({ reference }, people.shift()!)).toMatchObject({ address: host });
    }
    await expect(lease.allocate({ reference }, people[0]!)).rejects.toMatchObject(full);
  });

  test('what was released is given out lowest first, before any that nobody had', async () => {
    const people = accounts(5);
    const { reference } = await given.organization('10.0.0.0/24', people);
    for (const n of [3, 1, 2]) await lease.release({ reference }, people[n]!);
    const newcomers = accounts(4);
    const got: string[] = [];
    for (const one of newcomers) {
      await given.client.organization.join({ reference }, one);
      got.push((await lease.allocate({ reference }, one)).address);
    }
    expect(got).toEqual(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.6']);
  });

  test('organizations with equal subnets are apart', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const one = await given.organization('10.0.0.0/24', [ada]);
    const two = await given.organization('10.0.0.0/24', [bob]);
    expect(addressesOf([...one.leases, ...two.leases])).toEqual(['10.0.0.1', '10.0.0.1']);
  });

  test('strangers, other realms and unknown organizations are refused', async () => {
    const { reference } = await given.organization('10.0.0.0/24', [somebody()]);
    await expect(lease.allocate({ reference }, somebody())).rejects.toMatchObject(stranger);
    await expect(lease.allocate({ reference }, somebody('other'))).rejects.toMatchObject(gone);
    await expect(lease.allocate({ reference: { number: 2_000_000_000 } }, somebody())).rejects.toMatchObject(gone);
    await expect(lease.list({ reference }, somebody())).rejects.toMatchObject(stranger);
    await expect(lease.release({ reference }, somebody())).rejects.toMatchObject(stranger);
  });

  test('one account that asks many times at once gets one address', async () => {
    const ada = somebody();
    const { reference } = await given.organization('10.0.0.0/24', [ada], false);
    const got = await Promise.all(Array.from({ length: 16 }, () => lease.allocate({ reference }, ada)));
    expect(new Set(addressesOf(got))).toEqual(new Set(['10.0.0.1']));
    expect(await lease.list({ reference }, ada)).toHaveLength(1);
  });
});

describe('sixteen clients on two instances', () => {
  test('fill a /24 to its last host: nobody is refused while one is free, and no address is given twice', async () => {
    const people = accounts(254 + 16);
    const { reference } = await given.organization('10.1.0.0/24', people, false);
    const queue = [...people];
    const got: string[] = [];
    const refused: unknown[] = [];
    const client = async (): Promise<void> => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        const answer = await lease.allocate({ reference }, one).catch((error: unknown) => void refused.push(error));
        if (answer) got.push(answer.address);
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(new Set(got)).toEqual(new Set(Array.from({ length: 254 }, (_, n) => `10.1.0.${n + 1}`)));
    expect(got).toHaveLength(254);
    expect(refused).toHaveLength(16);
    for (const fault of refused) expect(fault).toMatchObject(full);
  });

  test('churn near the end: every allocation succeeds, no two hold one address at a time', async () => {
    const people = accounts(14);
    const { reference } = await given.organization('10.2.0.0/28', people, false);
    const held = new Map<string, AccountId>();
    const client = async (one: (typeof people)[number]): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        const { address } = await lease.allocate({ reference }, one);
        expect(held.get(address)).toBeUndefined();
        held.set(address, one.principal.accountId);
        held.delete(address);
        expect(await lease.release({ reference }, one)).toEqual({ released: address });
      }
    };
    await Promise.all(people.map(client));
    expect(await lease.list({ reference }, people[0]!)).toEqual([]);
  });
});

describe('list and release', () => {
  test('lists by address, page by page', async () => {
    const people = accounts(5);
    const { reference, leases } = await given.organization('10.0.0.0/24', people);
    const first = await lease.list({ reference, limit: 3 }, people[0]!);
    const rest = await lease.list({ reference, after: first.at(-1)!.address, limit: 3 }, people[0]!);
    expect([...first, ...rest]).toEqual(leases);
  });

  test('releasing twice, or without an address, releases nothing', async () => {
    const ada = somebody();
    const { reference } = await given.organization('10.0.0.0/24', [ada]);
    expect(await lease.release({ reference }, ada)).toEqual({ released: '10.0.0.1' });
    expect(await lease.release({ reference }, ada)).toEqual({ released: null });
  });

  test('whoever gives an address back is offline there', async () => {
    const ada = somebody();
    const { reference, network } = await given.organization('10.0.0.0/24', [ada]);
    const events = await given.received(network);
    await given.register(await given.gateway(), ada, { agentId: 'a' });
    await lease.release({ reference }, ada);
    expect(await brief(events, 2)).toEqual([
      ['peer.online', 1, 'a', null],
      ['peer.offline', 2, 'a', 'released'],
    ]);
  });

  test('of many that give their addresses back at once, each is answered for itself, and a peer that was online is offline', async () => {
    const people = accounts(8);
    const outsider = somebody();
    const { reference, network, leases } = await given.organization('10.0.0.0/28', people);
    const events = await given.received(network);
    const gateway = await given.gateway();
    await given.register(gateway, people[2]!, { agentId: 'c' });
    await given.register(gateway, people[5]!, { agentId: 'f' });
    const [answers, stranger] = await Promise.all([
      Promise.all(people.map((one) => lease.release({ reference }, one))),
      lease.allocate({ reference }, outsider).catch((error: unknown) => error),
    ]);
    expect(answers).toEqual(leases.map(({ address }) => ({ released: address })));
    expect(stranger).toMatchObject({ reason: 'not_member' });
    const offline = (await brief(events, 4)).slice(2);
    expect(offline.map(([name, version]) => [name, version])).toEqual([
      ['peer.offline', 3],
      ['peer.offline', 4],
    ]);
    expect(new Set(offline.map(([, , agent]) => agent))).toEqual(new Set(['c', 'f']));
    expect(await lease.list({ reference }, people[0]!)).toEqual([]);
  });

  test('an account whose deletion event was lost gives its address back once auth is asked', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { reference, network } = await given.organization('10.0.0.0/24', [ada, bob]);
    const events = await given.received(network);
    await given.register(await given.gateway(), ada, { agentId: 'a' });
    await given.checkAccounts();
    expect(addressesOf(await lease.list({ reference }, bob))).toHaveLength(2);
    given.deleteAccount(ada.principal.accountId);
    await given.checkAccounts();
    expect(await brief(events, 2)).toContainEqual(['peer.offline', 2, 'a', 'released']);
    expect(addressesOf(await lease.list({ reference }, bob))).toEqual(['10.0.0.2']);
  });

  test('a deleted account is offline, and its address is free again', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { reference, network } = await given.organization('10.0.0.0/24', [ada, bob]);
    const events = await given.received(network);
    await given.register(await given.gateway(), ada, { agentId: 'a' });
    const { accountId: id, realm } = ada.principal;
    given.deleteAccount(id);
    given.bus.publish({ name: 'account.deleted', realm, accountId: id } as { name: string }, [{ kind: 'account', id }]);
    expect(await brief(events, 2)).toContainEqual(['peer.offline', 2, 'a', 'released']);
    expect(addressesOf(await lease.list({ reference }, bob))).toEqual(['10.0.0.2']);
  });
});
