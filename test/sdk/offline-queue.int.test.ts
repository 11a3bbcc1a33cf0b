// What channel objects send without a connection: kept in the storage, sent once and in order by whoever runs next.
import { ParleyClient } from '@parley/client';
import type { ClientStorage, Saved } from '@parley/client';
import { eventually, freePort } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount } from './clients.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith();
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

interface MemoryStorage extends ClientStorage {
  readonly saved: () => Saved;
}

/** As a browser has it: text that several tabs share. */
const memory = (): MemoryStorage => {
  let text = '{}';
  return {
    load: () => JSON.parse(text) as Saved,
    save: (saved) => void (text = JSON.stringify(saved)),
    saved: () => JSON.parse(text) as Saved,
  };
};

const setup = async () => {
  const { grant } = await newAccount(parley.url);
  const reader = clientOf({ tokens: grant }).client;
  await reader.connect();
  const { id } = await reader.rest.createChannel({ kind: 'group', title: 'Notes' });
  const history = async () => {
    const { messages } = await reader.rest.history(id);
    return messages.map(({ content }) => (content.type === 'text' ? content.text : ''));
  };
  return { grant, id, history };
};

const texts = Array.from({ length: 20 }, (_, n) => `m${n + 1}`);

/** A client that cannot reach anything wrote these texts, and ended. */
const writeOffline = async (grant: Awaited<ReturnType<typeof setup>>['grant'], id: string, storage: MemoryStorage) => {
  const offline = new ParleyClient({ url: `http://127.0.0.1:${await freePort()}`, tokens: grant, storage });
  const channel = offline.channel(id);
  for (const text of texts) channel.send(text);
  await eventually(() => storage.saved().outbox?.length === texts.length);
  await offline.close();
};

test('what was sent offline survives a reload, and is sent once and in order', async () => {
  const { grant, id, history } = await setup();
  const storage = memory();
  await writeOffline(grant, id, storage);
  const { client } = clientOf({ tokens: grant, storage });
  const connecting = client.connect();
  const { messages } = client.channel(id);
  messages.subscribe(() => {});
  await connecting;
  await expect.poll(history, { timeout: 30_000 }).toEqual(texts);
  await expect.poll(() => storage.saved().outbox, { timeout: 15_000 }).toBeUndefined();
  await expect.poll(() => messages.items.map(({ state }) => state)).toEqual(texts.map(() => 'sent'));
});

test('two tabs that find the same queue store each message once and in order', async () => {
  const { grant, id, history } = await setup();
  const storage = memory();
  await writeOffline(grant, id, storage);
  const tabs = [clientOf({ tokens: grant, storage }).client, clientOf({ tokens: grant, storage }).client];
  await Promise.all(tabs.map((tab) => tab.connect()));
  await eventually(() => tabs.every((tab) => tab.state.name === 'open'));
  await expect.poll(() => storage.saved().outbox, { timeout: 30_000 }).toBeUndefined();
  expect(await history()).toEqual(texts);
});

test('a message that was sent, but not seen to be stored, is not stored twice by the next run', async () => {
  const { grant, id, history } = await setup();
  const storage = memory();
  await writeOffline(grant, id, storage);
  const before = storage.saved();
  const { client } = clientOf({ tokens: grant, storage });
  await client.connect();
  await expect.poll(() => storage.saved().outbox, { timeout: 30_000 }).toBeUndefined();
  await client.close();
  await storage.save(before);
  const again = clientOf({ tokens: grant, storage }).client;
  await again.connect();
  await expect.poll(() => storage.saved().outbox, { timeout: 30_000 }).toBeUndefined();
  expect(await history()).toEqual(texts);
});

test('a refused message fails, and can be discarded', async () => {
  const { grant, id } = await setup();
  const { client } = clientOf({ tokens: grant });
  await client.connect();
  const channel = client.channel(id);
  channel.messages.subscribe(() => {});
  await eventually(() => channel.messages.isLive);
  const local = channel.send('x'.repeat(20_000));
  await expect.poll(() => channel.messages.items[0]?.state, { timeout: 15_000 }).toBe('failed');
  expect(channel.messages.items[0]?.error).toMatchObject({ code: 'invalid' });
  await expect(local.sent).rejects.toBe(channel.messages.items[0]?.error);
  local.discard();
  expect(channel.messages.items).toEqual([]);
});

test('a refused message rejects, unhandled or not, and is stored once when it is sent again after the reason is gone', async () => {
  const { grant, id, history } = await setup();
  const { grant: bobs } = await newAccount(parley.url);
  const [owner, bob] = [clientOf({ tokens: grant }).client, clientOf({ tokens: bobs }).client];
  await bob.connect();
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const [local, ignored] = [bob.channel(id).send('hello'), bob.channel(id).send('ignored')];
    const first = local.sent;
    await expect(first).rejects.toMatchObject({ name: 'ParleyError', code: 'forbidden', reason: 'not_member' });
    await expect(local.retry()).rejects.toMatchObject({ reason: 'not_member' });
    expect(local.sent).not.toBe(first);
    await owner.rest.putMember(id, bobs.account.id);
    const again = local.retry();
    expect(local.retry()).toBe(again);
    expect(await again).toMatchObject({ channelId: id, repeated: false });
    await expect(local.sent).resolves.toEqual(await again);
    void ignored.retry();
    await expect.poll(history, { timeout: 15_000 }).toEqual(['hello', 'ignored']);
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', note);
  }
});

test('aborting takes back a message that was refused', async () => {
  const { id } = await setup();
  const { client: bob } = clientOf({ tokens: (await newAccount(parley.url)).grant });
  await bob.connect();
  const stopping = new AbortController();
  const channel = bob.channel(id);
  const local = channel.send('hello', { signal: stopping.signal });
  await expect(local.sent).rejects.toMatchObject({ reason: 'not_member' });
  stopping.abort(new Error('changed my mind'));
  // It is not in the queue any more: there is nothing to send again.
  await expect(local.retry()).rejects.toMatchObject({ reason: 'not_member' });
});

test('aborting takes back what is not sent yet', async () => {
  const { grant, id } = await setup();
  const client = new ParleyClient({ url: `http://127.0.0.1:${await freePort()}`, tokens: grant });
  const stopping = new AbortController();
  const { sent } = client.channel(id).send('never', { signal: stopping.signal });
  stopping.abort(new Error('changed my mind'));
  await expect(sent).rejects.toThrow('changed my mind');
  await client.close();
});
