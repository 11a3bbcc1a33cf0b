import { randomUUID } from 'node:crypto';
import type { AccountId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Presence, Present } from './presence.js';

export const somebody = (name = 'Alice'): Present => {
  const id = randomUUID() as AccountId;
  return { id, number: 1, handle: id, name };
};

const device = (number: number, handle: string): Present => ({ ...somebody(`Device ${number}`), number, handle });

/** What every presence does. Each test has a realm of its own. */
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
    expect(await presence.list(realm)).toEqual(expect.arrayContaining([alice, bob]));
    await presence.leave(realm, alice.id);
    expect(await presence.list(realm)).toEqual([bob]);
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
    expect(await presence.list(realm)).toEqual([]);
    await presence.stop();
  });

  test('the newest connection says the name', async () => {
    const { presence, realm } = given();
    const alice = somebody();
    await presence.enter(realm, alice);
    await presence.enter(realm, { ...alice, name: 'Alicia' });
    expect(await presence.list(realm)).toEqual([{ ...alice, name: 'Alicia' }]);
    await presence.stop();
  });

  test('of the devices with one handle the oldest that is connected is found, whatever the order in which they came', async () => {
    const { presence, realm } = given();
    const handle = randomUUID();
    const [first, second, third] = [device(9, handle), device(10, handle), device(11, handle)];
    const oldest = () => presence.oldestWithHandle(realm, handle);
    expect(await oldest()).toBeNull();
    for (const each of [third, first, second, device(1, randomUUID())]) await presence.enter(realm, each);
    await presence.enter(realm, first);
    expect(await oldest()).toBe(first.id);
    expect(await presence.oldestWithHandle('elsewhere', handle)).toBeNull();
    await presence.leave(realm, first.id);
    expect(await oldest()).toBe(first.id);
    await presence.leave(realm, first.id);
    expect(await oldest()).toBe(second.id);
    await presence.leave(realm, second.id);
    await presence.leave(realm, third.id);
    expect(await oldest()).toBeNull();
    await presence.stop();
  });

  test('realms do not see each other, and many are asked about at once', async () => {
    const { presence, realm } = given();
    const many = Array.from({ length: 1_200 }, () => somebody());
    await Promise.all(many.map((each) => presence.enter(realm, each)));
    const ids = many.map(({ id }) => id);
    expect((await presence.online(realm, ids)).size).toBe(1_200);
    expect((await presence.online('elsewhere', ids)).size).toBe(0);
    expect(await presence.list('elsewhere')).toEqual([]);
    await presence.stop();
  });
};
