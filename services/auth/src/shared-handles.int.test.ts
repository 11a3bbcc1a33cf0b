import { randomUUID } from 'node:crypto';
import type { Account, Grant } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, newName, password, system } from './testing/fixtures.js';

const devicesMax = 4;
const monthMs = 31 * 24 * 60 * 60 * 1000;

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth({ PARLEY_DEVICES_PER_HANDLE: `${devicesMax}` });
});
afterAll(() => given[Symbol.asyncDispose]());

const register = (handle: string, more: object = {}): Promise<Account> => {
  const device = { kind: 'device' as const, handle, name: 'sensor', sharesHandle: true, ...more };
  return given.client.account.register(device, anonymous('swifty', 'swifty'));
};
const issue = ({ id }: Account): Promise<Grant> =>
  given.client.token.issue({ accountId: id, dialect: 'swifty' }, system('swifty'));
/** A device that holds a token. */
const device = async (handle: string): Promise<Grant> => issue(await register(handle));
const find = async (handle: string) =>
  (await given.client.account.find({ reference: { handle } }, system('swifty')))?.id;
const tooMany = { code: 'exhausted', reason: 'too_many_devices' };

test('each device that registers under a handle is an account of its own, and has the handle', async () => {
  const handle = randomUUID();
  const accounts = [await register(handle), await register(handle), await register(handle)];
  const ids = accounts.map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  expect(accounts.map((one) => one.handle)).toEqual([handle, handle, handle]);
  const summaries = await given.client.account.lookup({ ids }, system('swifty'));
  expect(summaries.map((one) => one.handle)).toEqual([handle, handle, handle]);
  const grant = await issue(accounts[1]!);
  const { principal } = await given.client.token.verify(
    { accessToken: grant.accessToken },
    anonymous('swifty', 'swifty'),
  );
  expect(principal).toMatchObject({ accountId: ids[1], handle });
});

test('twenty that register under one handle at once are one holder and others beside it', async () => {
  const handle = randomUUID();
  const accounts = await Promise.all(Array.from({ length: 20 }, () => register(handle)));
  expect(new Set(accounts.map(({ id }) => id)).size).toBe(20);
  const rows = await given.database.knex('accounts').where({ handle }).orWhere({ claimed_handle: handle });
  expect(rows.filter((row: { handle: string | null }) => row.handle === handle)).toHaveLength(1);
  expect(rows).toHaveLength(20);
});

test('the handle names the oldest account whose tokens may still be shown, and the newest where there is none', async () => {
  const handle = randomUUID();
  const unused = await register(handle);
  expect(await find(handle)).toBe(unused.id);
  const [first, second] = [await device(handle), await device(handle)];
  expect(await find(handle)).toBe(first.account.id);
  expect(await find(handle.toUpperCase())).toBe(first.account.id);
  await given.client.session.end({}, bearer(first, 'swifty'));
  expect(await find(handle)).toBe(second.account.id);
  await given.client.session.end({}, bearer(second, 'swifty'));
  const last = await register(handle);
  expect(await find(handle)).toBe(last.id);
});

test('a handle that is not shared is refused, also where several have it', async () => {
  const handle = randomUUID();
  const taken = { code: 'conflict', reason: 'handle_taken' };
  await register(handle);
  await register(handle);
  await expect(register(handle, { sharesHandle: false })).rejects.toMatchObject(taken);
});

test('no device shares the handle of a person, and no person that of a device', async () => {
  const taken = { code: 'conflict', reason: 'handle_taken' };
  const username = newName();
  const person = await given.client.account.register({ username, password }, anonymous('rooms', 'swifty'));
  await expect(register(person.handle)).rejects.toMatchObject(taken);
  const handle = randomUUID();
  await register(handle);
  await expect(register(handle, { kind: 'person', username: newName(), password })).rejects.toMatchObject(taken);
});

test('a handle has a bounded number of accounts; one whose sessions are over no longer counts', async () => {
  const handle = randomUUID();
  const first = await device(handle);
  for (let n = 1; n < devicesMax; n += 1) await device(handle);
  await expect(register(handle)).rejects.toMatchObject(tooMany);
  // Accounts with a token are not affected, nor are other handles.
  expect((await issue(first.account)).account.id).toBe(first.account.id);
  await device(randomUUID());
  given.clock.advance(monthMs);
  const again = await device(handle);
  expect(await find(handle)).toBe(again.account.id);
});
