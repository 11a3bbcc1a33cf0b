import { randomUUID } from 'node:crypto';
import type { AccountId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Presence, Present, Transition } from './presence.js';

export const somebody = (name = 'Alice'): Present => {
  const id = randomUUID() as AccountId;
  return { id, number: 1, handle: id, name };
};

export const device = (number: number, handle: string): Present => ({
  ...somebody(`Device ${number}`),
  number,
  handle,
});

export const listOf = async (presence: Presence, realm: string): Promise<Present[]> => {
  const all: Present[] = [];
  for await (const page of presence.pages(realm)) all.push(...page);
  return all;
};

/** The tests that every implementation of `Presence` passes. Each has its own realm. */
export const presenceCases = (create: () => Presence): void => {
  const given = (): { presence: Presence; realm: string } => ({
    presence: create(),
    realm: `r${randomUUID().slice(0, 8)}`,
  });

  test('who entered is here, with its name, and who left is not', async () => {
    const { presence, realm } = given();
    const [alice, bob] = [somebody('Alice'), somebody('Bob')];
    await presence.enter(realm, alice);
    await presence.enter(realm, bob);
    expect(await listOf(presence, realm)).toEqual(expect.arrayContaining([alice, bob]));
    await presence.leave(realm, alice.id);
    expect(await listOf(presence, realm)).toEqual([bob]);
    expect(await presence.online(realm, [alice.id, bob.id])).toEqual(new Set([bob.id]));
    await presence.stop();
  });

  test('of several connections the last one that leaves takes the account along', async () => {
    const { presence, realm } = given();
    const alice = somebody();
    await presence.enter(realm, alice);
    await presence.enter(realm, alice);
    await presence.leave(realm, alice.id);
    expect(await presence.online(realm, [alice.id])).toEqual(new Set([alice.id]));
    await presence.leave(realm, alice.id);
    expect(await presence.online(realm, [alice.id])).toEqual(new Set());
    await presence.leave(realm, alice.id);
    expect(await listOf(presence, realm)).toEqual([]);
    await presence.stop();
  });

  test('the newest connection says the name', async () => {
    const { presence, realm } = given();
    const alice = somebody();
    await presence.enter(realm, alice);
    await presence.enter(realm, { ...alice, name: 'Alicia' });
    expect(await listOf(presence, realm)).toEqual([{ ...alice, name: 'Alicia' }]);
    await presence.stop();
  });

  test('of the devices with one handle the oldest that is connected is found and listed, in whatever order they came', async () => {
    const { presence, realm } = given();
    const handle = randomUUID();
    const [first, second, third] = [device(9, handle), device(10, handle), device(11, handle)];
    const other = device(1, randomUUID());
    const expectOldest = async (one: Present | null) => {
      expect(await presence.oldestWithHandle(realm, handle)).toBe(one?.id ?? null);
      const listed = await listOf(presence, realm);
      expect(listed.filter((who) => who.handle === handle)).toEqual(one ? [one] : []);
    };
    await expectOldest(null);
    for (const each of [third, first, second, other]) await presence.enter(realm, each);
    await presence.enter(realm, first);
    await expectOldest(first);
    expect(await listOf(presence, realm)).toHaveLength(2);
    expect(await presence.oldestWithHandle('elsewhere', handle)).toBeNull();
    await presence.leave(realm, first.id);
    await expectOldest(first);
    await presence.leave(realm, first.id);
    await expectOldest(second);
    await presence.leave(realm, second.id);
    await presence.leave(realm, third.id);
    await expectOldest(null);
    await presence.stop();
  });

  test('realms do not see each other, and many are asked about at once', async () => {
    const { presence, realm } = given();
    const many = Array.from({ length: 1_200 }, () => somebody());
    await Promise.all(many.map((each) => presence.enter(realm, each)));
    const ids = many.map(({ id }) => id);
    expect((await presence.online(realm, ids)).size).toBe(1_200);
    expect((await presence.online('elsewhere', ids)).size).toBe(0);
    expect(await listOf(presence, 'elsewhere')).toEqual([]);
    await presence.stop();
  });

  test('a long list comes in pages, each account once, whoever comes and goes meanwhile', async () => {
    const { presence, realm } = given();
    const many = Array.from({ length: 1_700 }, () => somebody());
    await Promise.all(many.map((each) => presence.enter(realm, each)));
    const [stay, leave] = [many.slice(0, 1_500), many.slice(1_500)];
    const seen: Present[] = [];
    let pages = 0;
    for await (const page of presence.pages(realm)) {
      seen.push(...page);
      expect(page.length).toBeLessThanOrEqual(500);
      pages += 1;
      const going = leave.splice(0, 50);
      for (const { id } of going) await presence.leave(realm, id);
      // Some accounts that left enter again, and a new one enters.
      for (const each of [...going.slice(0, 25), somebody()]) await presence.enter(realm, each);
    }
    expect(pages).toBeGreaterThan(3);
    const ids = seen.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id } of stay) expect(ids).toContain(id);
    await presence.stop();
  });

  test('an account is online, away while all its connections are, and offline when settled after the last one', async () => {
    const { presence, realm } = given();
    const alice = somebody();
    const seen = transitionsOf(presence);
    const settle = () => presence.settle(realm, [alice.id]);
    const stateNow = async () => (await presence.states(realm, [alice.id])).get(alice.id);
    await settle();
    expect(await stateNow()).toMatchObject({ state: 'offline', lastSeenAt: null });
    await presence.enter(realm, alice);
    await presence.enter(realm, alice);
    // No event is published before the account is compared.
    expect(await stateNow()).toMatchObject({ state: 'offline' });
    await settle();
    await settle();
    await presence.setAway(realm, alice.id, true);
    await settle();
    await presence.setAway(realm, alice.id, true);
    await settle();
    expect(await stateNow()).toMatchObject({ state: 'away', lastSeenAt: null });
    // The connection that leaves was away, as is the one that stays.
    await presence.leave(realm, alice.id, { away: true });
    await settle();
    await presence.setAway(realm, alice.id, false);
    await settle();
    const before = Date.now();
    await presence.leave(realm, alice.id);
    expect(await stateNow()).toMatchObject({ state: 'online' });
    await settle();
    expect(seen.map(({ state }) => state)).toEqual(['online', 'away', 'online', 'offline']);
    expect(seen.map(({ accountId }) => accountId)).toEqual(Array(4).fill(alice.id));
    expect(seen.map(({ version }) => version)).toEqual(seen.map(({ version }) => version).toSorted((a, b) => a - b));
    const lastSeenAt = (await stateNow())?.lastSeenAt ?? 0;
    expect(lastSeenAt).toBeGreaterThan(before - 5_000);
    expect(lastSeenAt).toBeLessThan(Date.now() + 5_000);
    await presence.stop();
  });

  test('an account that comes back before it is compared was never away', async () => {
    const { presence, realm } = given();
    const alice = somebody();
    const seen = transitionsOf(presence);
    await presence.enter(realm, alice);
    await presence.settle(realm, [alice.id]);
    await presence.leave(realm, alice.id);
    await presence.enter(realm, alice);
    await presence.settle(realm, [alice.id]);
    expect(seen.map(({ state }) => state)).toEqual(['online']);
    await presence.stop();
  });

  test('an invisible account is connected, and offline for others', async () => {
    const { presence, realm } = given();
    const [alice, bob] = [somebody('Alice'), somebody('Bob')];
    const seen = transitionsOf(presence);
    await presence.enter(realm, alice, { invisible: true });
    await presence.enter(realm, bob);
    await presence.settle(realm, [alice.id, bob.id]);
    expect(seen.map(({ accountId }) => accountId)).toEqual([bob.id]);
    expect(await listOf(presence, realm)).toEqual([bob]);
    expect(await presence.online(realm, [alice.id, bob.id])).toEqual(new Set([bob.id]));
    expect(await presence.connected(realm, [alice.id, bob.id])).toEqual(new Set([alice.id, bob.id]));
    await presence.setInvisible(realm, alice.id, false);
    await presence.setInvisible(realm, bob.id, true);
    await presence.settle(realm, [alice.id, bob.id]);
    expect(await listOf(presence, realm)).toEqual([alice]);
    expect(seen.slice(1).map(({ accountId, state }) => [accountId, state])).toEqual([
      [alice.id, 'online'],
      [bob.id, 'offline'],
    ]);
    await presence.leave(realm, bob.id);
    await presence.settle(realm, [bob.id]);
    expect(seen).toHaveLength(3);
    expect(await presence.connected(realm, [bob.id])).toEqual(new Set());
    await presence.stop();
  });
};

/** What others receive, as it is found. */
export const transitionsOf = (presence: Presence): Transition[] => {
  const seen: Transition[] = [];
  presence.onTransition((transition) => void seen.push(transition));
  return seen;
};
