// Tokens that live for seconds, so that their end is seen.
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount } from './clients.js';
import { observedSockets } from './observed-socket.js';

const lifeMs = 8_000;

let parley: Settled;
beforeAll(async () => {
  parley = await startWith({}, { accessLifeMs: lifeMs });
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

const isRefused = async (accessToken: string): Promise<boolean> => {
  const answer = await fetch(`${parley.url}/v1/me`, { headers: { authorization: `Bearer ${accessToken}` } });
  return answer.status === 401;
};

test('a token is renewed in band before it ends', async () => {
  const { grant } = await newAccount(parley.url);
  const { webSocket, sent } = observedSockets();
  const { client, states, refreshes } = clientOf({ tokens: grant, webSocket });
  const renewed: string[] = [];
  client.on('tokens', ({ accessToken }) => renewed.push(accessToken));
  await client.connect();
  const refresh = await eventually(() => sent.find(({ method }) => method === 'session.refresh') ?? false);
  expect(refresh).toMatchObject({ params: { accessToken: renewed[0] } });
  await eventually(() => isRefused(grant.accessToken), { withinMs: 3 * lifeMs });
  await expect(client.rest.me()).resolves.toMatchObject({ id: grant.account.id });
  expect(states.map(({ name }) => name)).toEqual(['connecting', 'open']);
  expect(refreshes()).toBeGreaterThan(0);
});

test('a stored token that ends sooner than its client can know is refreshed when the server refuses it', async () => {
  const { grant } = await newAccount(parley.url);
  const storage = { load: () => ({ tokens: grant }), save: () => undefined };
  const { client, states, refreshes } = clientOf({ storage });
  await client.connect();
  parley.later(lifeMs);
  await eventually(() => states.filter(({ name }) => name === 'open').length === 2);
  const cause = expect.stringMatching(/^closed 4401 /) as string;
  expect(states.find(({ name }) => name === 'waiting')).toMatchObject({ cause });
  expect(refreshes()).toBe(1);
});
