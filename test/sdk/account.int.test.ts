// What an account does with itself through the SDK: its name, its sessions, and what it learns of others.
import { signUp } from '@parley/client';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unique } from '../clients/http.js';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount, password } from './clients.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith({}, { accessLifeMs: 4_000 });
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

test('after a change of the display name messages have it, on the open connection too', async () => {
  const { client } = clientOf({ url: parley.url, tokens: (await newAccount(parley.url)).grant });
  await client.connect();
  const { id } = await client.rest.createChannel({ kind: 'room', title: 'Names' });
  expect(await client.rest.setName('Countess')).toMatchObject({ name: 'Countess' });
  // The connection continues with a token of the new name before the old one expires.
  const send = async () => (await client.rest.message((await client.send(id, 'hello')).id)).sender.name;
  await eventually(async () => (await send()) === 'Countess', { withinMs: 10_000 });
  expect(client.state.name).toBe('open');
  const found = await client.rest.searchAccounts({ contains: 'countes' });
  expect(found.accounts.map((account) => account.id)).toEqual([client.accountId]);
});

test('sessions are listed and ended, one or all others', async () => {
  const ada = await newAccount(parley.url);
  const [second, third] = [await ada.again(), await ada.again()];
  const { client } = clientOf({ url: parley.url, tokens: ada.grant });
  await client.connect();
  const listed = async () => (await client.rest.sessions()).sessions.map(({ id, current }) => [id, current]);
  expect(await listed()).toEqual([
    [third.sessionId, false],
    [second.sessionId, false],
    [ada.grant.sessionId, true],
  ]);
  await client.rest.endSession(third.sessionId);
  expect(await client.rest.endOtherSessions()).toEqual({ ended: 1 });
  expect(await listed()).toEqual([[ada.grant.sessionId, true]]);
});

test('who reacted is known by name', async () => {
  const grant = await signUp({ url: parley.url, username: unique('bob'), password, name: 'Bob Example' });
  const { client: ada } = clientOf({ url: parley.url, tokens: (await newAccount(parley.url)).grant });
  const { client: bob } = clientOf({ url: parley.url, tokens: grant });
  await Promise.all([ada.connect(), bob.connect()]);
  const { id } = await ada.rest.createChannel({ kind: 'room', title: 'Reactions' });
  const sent = await ada.send(id, 'hello');
  await bob.channel(id).react(sent.id, '👍');
  const account = { id: grant.account.id, name: 'Bob Example' };
  expect(await ada.rest.reactions(sent.id)).toEqual({ reactions: [{ emoji: '👍', account }] });
  expect(await ada.rest.reactions(sent.id, { emoji: '🎉' })).toEqual({ reactions: [] });
});
