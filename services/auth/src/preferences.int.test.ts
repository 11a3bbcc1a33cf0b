import { AccessClaims, PreferencesChanged, everyScopeOf, principalFromClaims } from '@parley/contracts';
import type { BusEventNamed, Grant } from '@parley/contracts';
import { eventually } from '@parley/testing';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenAuth, bearer, givenAuth, system } from './testing/fixtures.js';

let given: GivenAuth;
const published: BusEventNamed<'preferences.changed'>[] = [];
beforeAll(async () => {
  given = await givenAuth();
  const subject = everyScopeOf('preferences.changed', 'account');
  await given.bus.listen(subject, PreferencesChanged, (event) => void published.push(event));
});
afterAll(() => given[Symbol.asyncDispose]());

const claimsOf = ({ accessToken }: Grant): AccessClaims => AccessClaims.parse(jwt.decode(accessToken));

test('preferences are the defaults until they are changed, one by one', async () => {
  const grant = await given.person();
  const { account } = given.client;
  expect((await account.me({}, bearer(grant))).preferences).toEqual({ sharesReceipts: true, invisible: false });
  const hidden = await account.setPreferences({ invisible: true }, bearer(grant));
  expect(hidden).toEqual({ sharesReceipts: true, invisible: true });
  const silent = await account.setPreferences({ sharesReceipts: false }, bearer(grant));
  expect(silent).toEqual({ sharesReceipts: false, invisible: true });
  expect((await account.me({}, bearer(grant))).preferences).toEqual(silent);
});

test('tokens carry them where they are not the defaults', async () => {
  const grant = await given.person();
  const before = claimsOf(grant);
  expect(before).not.toHaveProperty('inv');
  expect(before).not.toHaveProperty('nrc');
  expect(principalFromClaims(before)).not.toHaveProperty('preferences');
  const preferences = { sharesReceipts: false, invisible: true };
  await given.client.account.setPreferences(preferences, bearer(grant));
  const { refreshToken } = grant;
  const anyone = { principal: { kind: 'anonymous', realm: 'main', dialect: 'v1' } as const };
  expect(principalFromClaims(claimsOf(await given.client.token.refresh({ refreshToken }, anyone)))).toMatchObject({
    preferences,
  });
  expect(principalFromClaims(claimsOf(await given.signIn(grant.username)))).toMatchObject({ preferences });
});

test('each change is published with a higher version, and can be asked for by who missed it', async () => {
  const grant = await given.person();
  const { id } = grant.account;
  const since = new Date(given.clock.now()).toISOString();
  await given.client.account.setPreferences({ invisible: true }, bearer(grant));
  await given.client.account.setPreferences({ invisible: true }, bearer(grant));
  await given.client.account.setPreferences({ invisible: false }, bearer(grant));
  await eventually(() => {
    const own = published.filter(({ accountId }) => accountId === id);
    expect(own.map(({ version, preferences }) => [version, preferences.invisible])).toEqual([
      [1, true],
      [2, true],
      [3, false],
    ]);
  });
  const { changes, asOf } = await given.client.account.preferenceChanges({ since }, system());
  const preferences = { sharesReceipts: true, invisible: false };
  expect(changes).toContainEqual({ realm: 'main', accountId: id, preferences, version: 3 });
  expect(Date.parse(asOf)).toBeLessThanOrEqual(given.clock.now());
});

test('only the gateway may ask whose preferences changed, and an ended session changes none', async () => {
  const grant = await given.person();
  const since = new Date(0).toISOString();
  await expect(given.client.account.preferenceChanges({ since }, bearer(grant))).rejects.toMatchObject({
    reason: 'system_only',
  });
  await given.client.session.end({}, bearer(grant));
  await expect(given.client.account.setPreferences({ invisible: true }, bearer(grant))).rejects.toMatchObject({
    reason: 'session_ended',
  });
});
