// The client without objects: streams and REST as `ParleyClient` has them, and a storage that both may use.
import { ParleyClient, type Saved, StreamClient } from '@parley/client';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { newAccount } from './clients.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith();
});
afterAll(() => parley.stop());

test('a client without objects sends and receives, and keeps what one with objects has not sent yet', async () => {
  const { url } = parley;
  const { grant } = await newAccount(url);
  let saved: Saved = {};
  const storage = { load: () => saved, save: (state: Saved) => void (saved = state) };
  const full = new ParleyClient({ url, tokens: grant, storage });
  const { id } = await full.rest.createChannel({ kind: 'room', title: 'General' });
  // Without `connect` it stays in the storage.
  full.channel(id).send('written offline');
  await eventually(() => saved.outbox?.length === 1);
  await full.close();

  const client = new StreamClient({ url, tokens: grant, storage });
  const texts: string[] = [];
  client.onMessage(({ message }) => texts.push(message.content.type === 'text' ? message.content.text : ''));
  await client.connect();
  await client.attach(id);
  await client.send(id, 'one');
  await client.send(id, 'two');
  await eventually(() => texts.length === 2);
  expect(texts).toEqual(['one', 'two']);
  expect((await client.rest.history(id)).messages).toHaveLength(2);
  await client.close();
  expect(saved.outbox).toMatchObject([{ text: 'written offline' }]);

  const next = new ParleyClient({ url, tokens: saved.tokens ?? grant, storage });
  await next.connect();
  await eventually(async () => (await next.rest.history(id)).messages.length === 3);
  await next.close();
});
