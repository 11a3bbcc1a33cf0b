import { deadlineIn, pageBytesMax } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, newName, password, system } from './testing/fixtures.js';

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth();
});
afterAll(() => given[Symbol.asyncDispose]());

const fault = (code: string, reason: string) => ({ code, reason });

describe('account.register', () => {
  test('a person without a handle has its own id as handle and its user name as name', async () => {
    const username = newName();
    const account = await given.client.account.register(
      { username, password, email: `${username}@X.org` },
      anonymous(),
    );
    expect(account).toMatchObject({ kind: 'person', realm: 'main', username, name: username, publicKey: null });
    expect(account.handle).toBe(account.id);
    expect(account.email).toBe(`${username}@x.org`.toLowerCase());
  });

  test('a device keeps the handle that it chose, but never chooses its id', async () => {
    const handle = randomUUID();
    const account = await given.client.account.register(
      { kind: 'device', handle, name: 'thermometer' },
      anonymous('swifty', 'swifty'),
    );
    expect(account).toMatchObject({ handle, name: 'thermometer', username: null });
    expect(account.id).not.toBe(handle);
  });

  test('an e-mail address is never shown whole as a name', async () => {
    const account = await given.client.account.register({ email: `${newName()}@x.org`, password }, anonymous());
    expect(account.name).not.toContain('@');
  });

  test('user names are compared case-folded, e-mail addresses lower-cased, handles as they are', async () => {
    const username = newName();
    const handle = randomUUID();
    await given.client.account.register({ username, email: `${username}@x.org`, handle, password }, anonymous());
    const again = (input: object) =>
      given.client.account.register({ password, username: newName(), ...input }, anonymous());
    await expect(again({ username: username.toUpperCase() })).rejects.toMatchObject(
      fault('conflict', 'username_taken'),
    );
    await expect(again({ email: `${username.toUpperCase()}@X.ORG` })).rejects.toMatchObject(
      fault('conflict', 'email_taken'),
    );
    await expect(again({ handle: handle.toUpperCase() })).rejects.toMatchObject(fault('conflict', 'handle_taken'));
  });

  test('a device may not pass for somebody whose user name it takes', async () => {
    const { username } = await given.person();
    const posing = given.client.account.register({ kind: 'device', name: username.toLowerCase() }, anonymous());
    await expect(posing).rejects.toMatchObject(fault('conflict', 'username_taken'));
  });

  test('twenty who want one name at once make one account, and the others are refused because it is taken', async () => {
    const username = newName();
    // Twenty hashes, three at a time: on a busy machine the last one takes longer than the default deadline of a call.
    const patient = { ...anonymous(), deadline: deadlineIn(15_000) };
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => given.client.account.register({ username, password }, patient)),
    );
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    expect(refused).toHaveLength(19);
    for (const reason of refused) expect(reason).toMatchObject(fault('conflict', 'username_taken'));
  });

  test('numbers are unique per realm, also under concurrency, and each realm counts for itself', async () => {
    const many = await Promise.all(
      Array.from({ length: 20 }, () => given.client.account.register({ kind: 'device' }, anonymous('mesh', 'mesh'))),
    );
    expect(many.map((account) => account.number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  test('one name may be taken in each realm', async () => {
    const username = newName();
    await given.client.account.register({ username, password }, anonymous());
    await expect(
      given.client.account.register({ username, password }, anonymous('rooms', 'rooms')),
    ).resolves.toMatchObject({
      realm: 'rooms',
    });
  });

  test.each([
    ['an empty user name', { username: '', password }],
    ['U+0000', { username: 'a\0b', password }],
    ['a password of 1,025 characters', { username: 'x', password: 'x'.repeat(1_025) }],
    ['a password without a login', { password }],
    ['a handle that is no uuid', { handle: 'main.>' }],
    ['no e-mail address', { email: 'nobody', password }],
  ])('refuses %s', async (_what, input) => {
    await expect(given.client.account.register(input, anonymous())).rejects.toMatchObject({ code: 'invalid' });
  });

  test('an unknown realm is not found', async () => {
    await expect(
      given.client.account.register({ username: newName(), password }, anonymous('v1', 'atlantis')),
    ).rejects.toMatchObject(fault('not_found', 'realm_not_found'));
  });
});

describe('account.find, lookup, search', () => {
  test('finds by id, number, handle, user name and e-mail, and nothing of another realm', async () => {
    const username = newName();
    const email = `${username}@x.org`;
    const account = await given.client.account.register({ username, email, password }, anonymous());
    const references = [
      { id: account.id },
      { number: account.number },
      { handle: account.handle.toUpperCase() },
      { username: username.toLowerCase() },
      { email: email.toUpperCase() },
    ];
    for (const reference of references) {
      await expect(given.client.account.find({ reference }, system())).resolves.toEqual(account);
      if ('number' in reference) continue;
      await expect(given.client.account.find({ reference }, system('fluent'))).resolves.toBeNull();
    }
  });

  test('named gives the accounts of the realm that have these user names, compared folded', async () => {
    const username = newName();
    const { id } = await given.client.account.register({ username, password }, anonymous());
    const usernames = [username.toUpperCase(), newName()];
    await expect(given.client.account.named({ usernames }, anonymous())).resolves.toEqual([{ id, username }]);
    await expect(given.client.account.named({ usernames }, anonymous('fluent', 'fluent'))).resolves.toEqual([]);
    await expect(given.client.account.named({ usernames: [] }, anonymous())).resolves.toEqual([]);
  });

  test('lookup gives those that exist in the realm', async () => {
    const { account } = await given.person();
    const elsewhere = await given.client.account.register({ kind: 'device' }, anonymous('swifty', 'swifty'));
    const ids = [account.id, elsewhere.id, account.id];
    await expect(given.client.account.lookup({ ids }, system())).resolves.toEqual([
      {
        id: account.id,
        number: account.number,
        handle: account.handle,
        username: account.username,
        name: account.name,
        firstName: null,
        lastName: null,
      },
    ]);
  });

  test('a first and a last name are kept until the account is deleted', async () => {
    const names = { firstName: 'Ada', lastName: 'Lovelace' };
    const username = newName();
    const { id } = await given.client.account.register({ username, password, ...names }, anonymous());
    const grant = await given.signIn(username);
    expect(grant.account).toMatchObject(names);
    await expect(given.client.account.lookup({ ids: [id] }, system())).resolves.toMatchObject([names]);
    await expect(given.client.account.me({}, bearer(grant))).resolves.toMatchObject(names);
    await given.client.account.delete({ password }, bearer(grant));
    const kept = await given.database.knex('accounts').where({ id }).first('first_name', 'last_name');
    expect(kept).toEqual({ first_name: null, last_name: null });
    const bad = { username: newName(), password: 'x', firstName: 'A\u202Eda' };
    await expect(given.client.account.register(bad, anonymous())).rejects.toMatchObject({ code: 'invalid' });
  });

  test('deleted names the deleted accounts of the realm, to Parley itself and to nobody else', async () => {
    const [kept, gone] = [await given.person(), await given.person()];
    await given.client.account.delete({ password }, bearer(gone));
    const ids = [kept, gone].map(({ account }) => account.id);
    const asked = { ids: [...ids, randomUUID()] };
    const topics = { principal: { kind: 'system', realm: 'main', service: 'topics' } } as const;
    await expect(given.client.account.deleted(asked, topics)).resolves.toEqual([ids[1]]);
    await expect(given.client.account.deleted(asked, anonymous())).rejects.toMatchObject({ reason: 'system_only' });
  });

  test('contacts gives e-mail addresses to Parley itself and to nobody else', async () => {
    const email = `${newName()}@example.com`;
    const account = await given.client.account.register({ kind: 'person', email, password }, anonymous());
    const ids = [account.id];
    await expect(given.client.account.contacts({ ids }, system())).resolves.toEqual([
      { id: account.id, number: account.number, email: account.email },
    ]);
    await expect(given.client.account.contacts({ ids }, anonymous())).rejects.toMatchObject({ reason: 'system_only' });
  });

  test('search matches any part in any case, pages by number, and knows no wildcards', async () => {
    const stem = newName();
    const names = [`${stem}_1`, `${stem}_2`, `x${stem.toUpperCase()}`];
    for (const username of names) await given.client.account.register({ username, password }, anonymous());
    const search = (contains: string, after = 0) =>
      given.client.account.search({ contains, after, limit: 2 }, anonymous());
    const first = await search(stem.toLowerCase());
    expect(first.map((account) => account.username)).toEqual(names.slice(0, 2));
    const second = await search(stem, first.at(-1)?.number);
    expect(second.map((account) => account.username)).toEqual(names.slice(2));
    await expect(search(`${stem}%`)).resolves.toEqual([]);
  });

  test('a page of long public keys ends before the reply outgrows the bus', async () => {
    const stem = newName();
    // Each character is six bytes as JSON.
    const publicKey = '\u0001'.repeat(16_384);
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        given.client.account.register({ username: `${stem}-${index}`, publicKey }, anonymous()),
      ),
    );
    const seen: number[] = [];
    let pages = 0;
    for (let after = 0; ; pages += 1) {
      const page = await given.client.account.search({ contains: stem, after, limit: 200 }, anonymous());
      const [last] = page.slice(-1);
      if (!last) break;
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(pageBytesMax);
      seen.push(...page.map(({ number }) => number));
      after = last.number;
      // Accounts that register meanwhile come at the end.
      if (pages < 3) await given.client.account.register({ username: `${stem}-late-${pages}` }, anonymous());
    }
    expect(pages).toBeGreaterThan(5);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    expect(seen).toHaveLength(63);
  });
});
