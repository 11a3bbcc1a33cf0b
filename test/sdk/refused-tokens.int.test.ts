// What becomes of a client whose tokens a real gateway does not take, and why it says so.
import { signUp } from '@parley/client';
import { eventually } from '@parley/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { unique } from '../clients/http.js';
import { type Settled, startWith } from '../options/platform.js';
import { addressOf, clientsOf, newAccount, password, refreshPath, withBadAccess } from './clients.js';

const minuteMs = 60_000;

let parley: Settled;
let ahead = 0;
beforeAll(async () => {
  parley = await startWith({ PARLEY_V1_REALMS: 'mesh' });
});
afterAll(() => parley.stop());
afterEach(() => {
  parley.later(-ahead);
  ahead = 0;
});
const later = (ms: number): void => {
  ahead += ms;
  parley.later(ms);
};
const clientOf = clientsOf(() => parley.url);
const account = () => newAccount(parley.url);

const ask = async (method: string, path: string, token: string, body?: object): Promise<number> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${parley.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return answer.status;
};

const signedOut = (reason: string) => ({ code: 'unauthenticated', reason: 'signed_out', cause: { reason } });

test('a refresh token that was used before ends the session, for whoever holds the newer tokens too', async () => {
  const { grant } = await account();
  const owner = clientOf({ tokens: withBadAccess(grant) });
  await owner.client.connect();
  expect(owner.refreshes()).toBe(1);
  // The answer to a refresh is repeated for a short while, for those that lost it.
  later(2 * minuteMs);
  const thief = clientOf({ tokens: withBadAccess(grant) });
  await expect(thief.client.connect()).rejects.toMatchObject(signedOut('refresh_reused'));
  await eventually(() => owner.client.state.name === 'closed');
  expect(owner.client.state).toMatchObject({ error: { code: 'unauthenticated' } });
});

test('a refresh whose answer was lost is made again with the same token, and the session lives', async () => {
  const { grant } = await account();
  let isLost = false;
  const losing: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    if (isLost || !addressOf(input).endsWith(refreshPath)) return answer;
    isLost = true;
    throw new TypeError('The connection was cut');
  };
  const { client, refreshes } = clientOf({ tokens: withBadAccess(grant), fetch: losing });
  await client.connect();
  expect(refreshes()).toBe(2);
  await expect(client.rest.me()).resolves.toMatchObject({ id: grant.account.id });
});

test('tokens of a realm that the gateway does not open into are refused for good; where it does, the realm is named', async () => {
  const elsewhere = await signUp({ url: parley.url, username: unique('sdk'), password, realm: 'mesh' });
  const { url } = await parley.gateway();
  const wrong = clientOf({ url, tokens: elsewhere });
  await expect(wrong.client.connect()).rejects.toMatchObject({ code: 'unauthenticated', reason: 'signed_out' });
  const named = clientOf({ url, tokens: elsewhere, realm: 'mesh' });
  await expect(named.client.connect()).rejects.toMatchObject({ code: 'not_found', reason: 'realm_not_found' });
  const right = clientOf({ tokens: withBadAccess(elsewhere), realm: 'mesh' });
  await right.client.connect();
  await expect(right.client.rest.me()).resolves.toMatchObject({ realm: 'mesh' });
});

test.each([
  ['the session was ended', 'DELETE', '/v1/sessions/current', undefined],
  ['the account was deleted', 'DELETE', '/v1/me', { password }],
])(
  'a client that comes back after %s is informed, and signIn begins another session',
  async (_what, method, path, body) => {
    const [{ grant }, other] = [await account(), await account()];
    expect(await ask(method, path, grant.accessToken, body)).toBe(204);
    const over = clientOf({ tokens: grant });
    const error: unknown = await over.client.connect().catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'unauthenticated', reason: 'signed_out', cause: { code: 'unauthenticated' } });
    expect(over.client.state).toMatchObject({ name: 'closed', error: { reason: 'signed_out' } });
    expect(over.refreshes()).toBe(1);
    let asked = 0;
    const again = clientOf({ tokens: grant, signIn: () => (asked++, other.again()) });
    await again.client.connect();
    expect(asked).toBe(1);
    await expect(again.client.rest.me()).resolves.toMatchObject({ id: other.grant.account.id });
  },
);
