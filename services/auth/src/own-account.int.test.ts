import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, password, system } from './testing/fixtures.js';

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth();
});
afterAll(() => given[Symbol.asyncDispose]());

const fault = (code: string, reason: string) => ({ code, reason });

describe('account.me, changePassword, delete', () => {
  test('me is the account that speaks', async () => {
    const grant = await given.person();
    await expect(given.client.account.me({}, bearer(grant))).resolves.toEqual(grant.account);
  });

  test('they ask for somebody signed in', async () => {
    const { account } = given.client;
    for (const [caller, notSignedIn] of [
      [anonymous(), { code: 'unauthenticated', reason: 'not_signed_in' }],
      [system(), { code: 'forbidden', reason: 'system_only' }],
    ] as const) {
      await expect(account.me({}, caller)).rejects.toMatchObject(notSignedIn);
      await expect(account.changePassword({ current: 'x', next: 'y' }, caller)).rejects.toMatchObject(notSignedIn);
      await expect(account.delete({ password }, caller)).rejects.toMatchObject(notSignedIn);
    }
  });

  test('a changed password signs in, the old one does not, and only the session that changed it lives on', async () => {
    const grant = await given.person();
    const other = await given.signIn(grant.username);
    await given.client.account.changePassword({ current: password, next: 'battery staple' }, bearer(grant));
    await expect(given.signIn(grant.username)).rejects.toMatchObject(fault('unauthenticated', 'wrong_credentials'));
    await expect(given.signIn(grant.username, 'battery staple')).resolves.toBeTruthy();
    await expect(given.client.account.me({}, bearer(grant))).resolves.toBeTruthy();
    await expect(given.client.account.me({}, bearer(other))).rejects.toMatchObject(
      fault('unauthenticated', 'session_ended'),
    );
    await expect
      .poll(() => given.published)
      .toContainEqual(
        expect.objectContaining({ name: 'session.revoked', sessionId: other.sessionId, why: 'password_changed' }),
      );
  });

  test('a wrong password changes and deletes nothing', async () => {
    const grant = await given.person();
    const wrong = fault('forbidden', 'wrong_password');
    await expect(
      given.client.account.changePassword({ current: 'wrong', next: 'x' }, bearer(grant)),
    ).rejects.toMatchObject(wrong);
    await expect(given.client.account.delete({ password: 'wrong' }, bearer(grant))).rejects.toMatchObject(wrong);
    await expect(given.signIn(grant.username)).resolves.toBeTruthy();
  });

  test('a device, having no password, cannot be talked into either', async () => {
    const device = await given.client.account.register({ kind: 'device' }, anonymous());
    const grant = await given.client.token.issue({ accountId: device.id, dialect: 'v1' }, system());
    await expect(given.client.account.delete({ password: 'any' }, bearer(grant))).rejects.toMatchObject(
      fault('forbidden', 'wrong_password'),
    );
  });

  test('a deleted account is gone, its sessions end, and the events are published', async () => {
    const grant = await given.person();
    const other = await given.signIn(grant.username);
    await given.client.account.delete({ password }, bearer(grant));
    await expect(given.client.account.me({}, bearer(grant))).rejects.toMatchObject(
      fault('unauthenticated', 'account_gone'),
    );
    const { id } = grant.account;
    await expect(given.client.account.find({ reference: { id } }, system())).resolves.toBeNull();
    await expect(given.client.account.lookup({ ids: [id] }, system())).resolves.toEqual([]);
    await expect(given.client.token.issue({ accountId: id, dialect: 'v1' }, system())).rejects.toMatchObject(
      fault('not_found', 'account_not_found'),
    );
    await expect(given.signIn(grant.username)).rejects.toMatchObject({ reason: 'wrong_credentials' });
    const published = () => given.published.filter((event) => event.accountId === id);
    await expect.poll(() => published().filter((event) => event.name === 'account.deleted')).toHaveLength(1);
    const revoked = published().filter((event) => event.name === 'session.revoked');
    expect(revoked.map((event) => event.sessionId).sort()).toEqual([grant.sessionId, other.sessionId].sort());
    expect(revoked.every((event) => event.why === 'account_deleted')).toBe(true);
  });
});

describe('account.rename', () => {
  test('gives a device another name, but none that is a user’s, and only for Parley itself', async () => {
    const { username } = await given.person();
    const device = await given.client.account.register(
      { kind: 'device', handle: randomUUID(), name: 'one' },
      anonymous(),
    );
    const rename = (name: string, options: Parameters<typeof given.client.account.rename>[1] = system()) =>
      given.client.account.rename({ accountId: device.id, name }, options);
    expect(await rename('two')).toEqual({ ...device, name: 'two' });
    await expect(rename(username.toUpperCase())).rejects.toMatchObject(fault('conflict', 'username_taken'));
    await expect(rename('three', anonymous())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(rename('three', system('rooms'))).rejects.toMatchObject(fault('not_found', 'account_not_found'));
    const found = await given.client.account.find({ reference: { id: device.id } }, system());
    expect(found?.name).toBe('two');
  });
});
