// Tokens that live for seconds, so that their end is seen.
import { setTimeout as sleep } from 'node:timers/promises';
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

const isRenewedInBand = async (): Promise<void> => {
  const { grant } = await newAccount(parley.url);
  const { webSocket, sent } = observedSockets();
  const { client, states, refreshes } = clientOf({ tokens: grant, webSocket });
  const renewed: string[] = [];
  client.on('tokens', ({ accessToken }) => renewed.push(accessToken));
  await client.connect();
  const refresh = await eventually(() => sent.find(({ method }) => method === 'session.refresh') ?? false);
  expect(refresh).toMatchObject({ params: { accessToken: renewed[0] } });
  // The first token is over by then.
  await sleep(lifeMs / 2);
  await expect(client.rest.me()).resolves.toMatchObject({ id: grant.account.id });
  expect(states.map(({ name }) => name)).toEqual(['connecting', 'open']);
  expect(refreshes()).toBe(1);
};

const isRefreshedWhenRefused = async (): Promise<void> => {
  const { grant } = await newAccount(parley.url);
  await sleep(lifeMs / 2);
  const storage = { load: () => ({ tokens: grant }), save: () => undefined };
  const { client, states, refreshes } = clientOf({ storage });
  await client.connect();
  await eventually(() => states.filter(({ name }) => name === 'open').length === 2);
  const cause = expect.stringMatching(/^closed 4401 /) as string;
  expect(states.find(({ name }) => name === 'waiting')).toMatchObject({ cause });
  expect(refreshes()).toBe(1);
};

// Side by side, because both wait for the end of a token.
test('a token is renewed in band before it ends; a stored one that ends sooner, when the server refuses it', async () => {
  await Promise.all([isRenewedInBand(), isRefreshedWhenRefused()]);
});
