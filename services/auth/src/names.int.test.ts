import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, newName, password, system } from './testing/fixtures.js';
import { fillNameKeys } from './store/names.postgres.js';

let given: GivenAuth;
beforeAll(async () => void (given = await givenAuth()));
afterAll(() => given[Symbol.asyncDispose]());

const register = (input: Parameters<typeof given.client.account.register>[0]) =>
  given.client.account.register(input, anonymous());
const taken = expect.objectContaining({ code: 'conflict', reason: 'username_taken' }) as unknown;
const tail = (): string => randomUUID().slice(0, 8);

describe('a user name', () => {
  test.each([
    ['straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['Ａｄａ', 'ada'],
  ])('%s is %s: taken, found, signed in to and searched by either', async (one, other) => {
    const id = tail();
    const account = await register({ username: `${one}-${id}`, password });
    await expect(register({ username: `${other}-${id}`, password })).rejects.toEqual(taken);
    expect(await given.client.account.find({ reference: { username: `${other}-${id}` } }, system())).toEqual(account);
    expect((await given.signIn(`${other}-${id}`)).account.id).toBe(account.id);
    const found = await given.client.account.search({ contains: `${other}-${id}` }, anonymous());
    expect(found.map((each) => each.id)).toEqual([account.id]);
  });

  test('may have 254 characters, and a password 1,024', async () => {
    const username = `${newName()}-`.padEnd(254, 'x');
    const long = 'p'.repeat(1_024);
    await register({ username, password: long });
    expect((await given.signIn(username, long)).account.username).toBe(username);
  });

  test.each(['a\u200bda', 'ada\u202e', 'a\u0007da', 'a\u00adda'])(
    'with a hidden character is refused: %j',
    async (name) => {
      await expect(register({ username: name, password })).rejects.toMatchObject({ code: 'invalid' });
      await expect(register({ kind: 'device', name })).rejects.toMatchObject({ code: 'invalid' });
    },
  );
});

describe('a display name', () => {
  test('is nobody else’s user name, whichever of the two comes first', async () => {
    const [first, second] = [newName(), newName()];
    await register({ username: first, password });
    await expect(register({ username: newName(), name: first.toUpperCase(), password })).rejects.toEqual(taken);
    await register({ username: newName(), name: second, password });
    await expect(register({ username: second.toUpperCase(), password })).rejects.toEqual(taken);
  });

  test('may be the own user name, and two may have the same', async () => {
    const [username, name] = [newName(), newName()];
    expect((await register({ username, name: username.toUpperCase(), password })).name).toBe(username.toUpperCase());
    await register({ kind: 'device', name });
    expect((await register({ kind: 'device', name })).name).toBe(name);
  });

  test('made from an e-mail address gives way to a user name', async () => {
    const username = newName().toLowerCase();
    await register({ username, password });
    const { name } = await register({ email: `${username}@example.org`, password });
    expect(name).not.toBe(username);
    expect(name.startsWith(`${username} (`)).toBe(true);
  });
});

test('the user name of a deleted account is nobody’s for 30 days, and then free', async () => {
  const own = await givenAuth();
  try {
    const grant = await own.person();
    await own.client.account.delete({ password }, bearer(grant));
    const again = () => own.client.account.register({ username: grant.username.toUpperCase(), password }, anonymous());
    await expect(again()).rejects.toEqual(taken);
    const posing = own.client.account.register({ kind: 'device', name: grant.username }, anonymous());
    await expect(posing).rejects.toEqual(taken);
    own.clock.advance(29 * 24 * 3_600_000);
    await own.service.sweep();
    await expect(again()).rejects.toEqual(taken);
    own.clock.advance(2 * 24 * 3_600_000);
    await own.service.sweep();
    await expect(again()).resolves.toMatchObject({ kind: 'person' });
  } finally {
    await own[Symbol.asyncDispose]();
  }
});

describe('accounts that an older release wrote', () => {
  /** Leaves the rows as that release would have written them. */
  const forgetKeys = (ids: readonly string[], folded: Record<string, string>) =>
    Promise.all(
      ids.map((id) =>
        given.database
          .knex('accounts')
          .where({ id })
          .update({ username_key: null, name_key: null, username_folded: folded[id] }),
      ),
    );

  test('are found before and after their keys are filled in', async () => {
    const username = `Größe-${tail()}`;
    const account = await register({ username, password });
    await forgetKeys([account.id], { [account.id]: username.toLowerCase() });
    expect((await given.signIn(username.toUpperCase().replace('SS', 'ß'))).account.id).toBe(account.id);
    await fillNameKeys(given.database);
    expect((await given.signIn(username.toUpperCase())).account.id).toBe(account.id);
  });

  test('of two that are one name now the older keeps it, and both sign in as before', async () => {
    const id = tail();
    const older = await register({ username: `strasse-${id}`, password });
    await given.database.knex('accounts').where({ id: older.id }).update({ username_key: null, name_key: null });
    const younger = await register({ username: `straße-${id}`, password: 'another password' });
    await forgetKeys([younger.id], { [younger.id]: `straße-${id}` });
    await fillNameKeys(given.database);
    await fillNameKeys(given.database);
    expect((await given.signIn(`STRASSE-${id}`)).account.id).toBe(older.id);
    expect((await given.signIn(`straße-${id}`, 'another password')).account.id).toBe(younger.id);
    const found = await given.client.account.find({ reference: { username: `Straße-${id}` } }, system());
    expect(found?.id).toBe(younger.id);
    await expect(register({ username: `STRAẞE-${id}`, password })).rejects.toEqual(taken);
  });

  test('the older keeps the name across pages, too', async () => {
    const ids = Array.from({ length: 6 }, tail);
    const older: string[] = [];
    const younger: string[] = [];
    // Clears the keys of each account at once, so that it does not conflict with the next registration.
    const forget = (id: string, folded: string) => forgetKeys([id], { [id]: folded });
    for (const id of ids) {
      const account = await register({ username: `strasse-${id}` });
      await forget(account.id, `strasse-${id}`);
      older.push(account.id);
    }
    for (const id of ids) {
      const account = await register({ username: `straße-${id}` });
      await forget(account.id, `straße-${id}`);
      younger.push(account.id);
    }
    await fillNameKeys(given.database, 2);
    const keyed = await given.database
      .knex('accounts')
      .whereIn('id', [...older, ...younger])
      .whereNotNull('username_key');
    expect(keyed.map(({ id }: { id: string }) => id).sort()).toEqual(older.toSorted());
  });
});
