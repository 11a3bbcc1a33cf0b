import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenSignaling, somebody, type Given } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => void (given = await givenSignaling(2)));
afterAll(() => given[Symbol.asyncDispose]());

const personCount = 7;
const subnets = {
  '10.0.0.8/32': ['10.0.0.8'],
  '10.0.0.8/31': ['10.0.0.8', '10.0.0.9'],
  '10.0.0.8/30': ['10.0.0.9', '10.0.0.10'],
  '255.255.255.248/29': [249, 250, 251, 252, 253, 254].map((host) => `255.255.255.${host}`),
} as const;

const step = fc.record({
  type: fc.constantFrom('allocate', 'allocate', 'release', 'leave'),
  person: fc.nat(personCount - 1),
});
/** Steps of one group are taken at the same time, each of another person. */
const group = fc.uniqueArray(step, { minLength: 1, maxLength: 4, selector: ({ person }) => person });
const subnet = fc.constantFrom(...(Object.keys(subnets) as (keyof typeof subnets)[]));

/** An organization whose members allocate and release, and the address that each holds. */
const givenNetwork = async (range: keyof typeof subnets) => {
  const people = Array.from({ length: personCount }, () => somebody());
  const { reference } = await given.organization(range, people, false);
  const { lease, organization } = given.client;
  const held = new Map<number, string>();
  const hosts = subnets[range];

  const allocate = async (person: number, freeAtLeast: number): Promise<void> => {
    const caller = people[person]!;
    const answer = await lease.allocate({ reference }, caller).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'exhausted', reason: 'subnet_full' });
      expect(held.has(person), 'whoever holds an address gets it again').toBe(false);
      expect(freeAtLeast, 'addresses that were free').toBeLessThan(1);
    });
    if (!answer) return;
    expect(hosts).toContain(answer.address);
    expect(answer.address).toBe(held.get(person) ?? answer.address);
    held.set(person, answer.address);
  };
  const release = async (person: number): Promise<void> => {
    const { released } = await lease.release({ reference }, people[person]!);
    expect(released).toBe(held.get(person) ?? null);
    held.delete(person);
  };
  /** The founder only releases: an organization is not left by its owner. */
  const leave = async (person: number): Promise<void> => {
    if (person === 0) return release(person);
    const { accountId } = people[person]!.principal;
    await organization.removeMember({ reference, accountId }, people[person]!);
    held.delete(person);
    await organization.join({ reference }, people[person]!);
  };
  const holders = async () => (await lease.list({ reference }, people[0]!)).map(({ address }) => address);
  return { hosts, held, allocate, release, leave, holders };
};

test('no address is given twice, and nobody is refused while one is free, in any order of requests', async () => {
  await fc.assert(
    fc.asyncProperty(subnet, fc.array(group, { maxLength: 12, size: 'max' }), async (range, groups) => {
      const { hosts, held, allocate, release, leave, holders } = await givenNetwork(range);
      for (const steps of groups) {
        const newcomers = steps.filter(({ type, person }) => type === 'allocate' && !held.has(person)).length;
        const freeAtLeast = hosts.length - held.size - (newcomers - 1);
        const act = { allocate: (person: number) => allocate(person, freeAtLeast), release, leave };
        await Promise.all(steps.map(({ type, person }) => act[type](person)));
        expect(await holders()).toEqual(hosts.filter((host) => [...held.values()].includes(host)));
        expect(new Set(held.values()).size).toBe(held.size);
      }
    }),
    // Ends the search for a smaller counterexample, before the test's own time is over.
    { seed: 1, numRuns: 12, interruptAfterTimeLimit: 30_000 },
  );
});
