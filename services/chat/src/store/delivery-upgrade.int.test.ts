// The schema of the previous release, with its rows and with processes of it that still run, after the migrations to this one.
import { randomUUID } from 'node:crypto';
import type { AccountId, ChannelId } from '@parley/contracts';
import { type Database, migrate } from '@parley/postgres';
import { freshDatabase } from '@parley/testing';
import { expect, test } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { deliveriesInPostgres } from './deliveries.postgres.js';

const former = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '0007'));
const bounds = { countMax: 100, bytesMax: 1_000_000, since: '2000-01-01T00:00:00.000Z' };

/** The statements of a process of the previous release, for direct messages from `sender` to `reader`. */
const formerProcess = ({ knex }: Database, { sender, reader }: { sender: AccountId; reader: AccountId }) => {
  const channel = { id: randomUUID() as ChannelId, number: 1, kind: 'direct', slug: null, title: 't' };
  return {
    send: async (clientId: string): Promise<void> => {
      const message = {
        ...{ realm: 'main', channel_id: channel.id, channel: { ...channel, membershipVersion: 1 } },
        ...{ sender_id: sender, sender: { id: sender }, client_id: clientId, content: {}, raw: null },
        ...{ participants: [sender, reader], bytes: 100 },
      };
      await knex.raw('select * from chat.append_messages(cast(? as jsonb))', [JSON.stringify([message])]);
    },
    advance: async (sequence: number, awaiting: number[]): Promise<void> => {
      const places = JSON.stringify([{ account_id: reader, sequence, awaiting }]);
      await knex.raw(`select chat.advance_places('main', cast(? as jsonb))`, [places]);
    },
    acknowledge: async (reference: string): Promise<number> => {
      const asked = JSON.stringify([{ realm: 'main', account_id: reader, refs: [reference] }]);
      const { rows } = await knex.raw<{ rows: { acknowledged: number }[] }>(
        'select * from chat.acknowledge_messages(cast(? as jsonb))',
        [asked],
      );
      return rows[0]?.acknowledged ?? 0;
    },
    /** How far it delivered, and what waits for an acknowledgement. */
    state: async (): Promise<{ place: number; awaiting: number[] }> => {
      const { rows } = await knex.raw<{ rows: { place: string; awaiting: string[] | null }[] }>(
        `select b.place, (select array_agg(i.sequence order by i.sequence) from chat.inbox i
             where i.account_id = b.account_id and i.awaiting) as awaiting
           from chat.inboxes b where b.account_id = ?`,
        [reader],
      );
      return { place: Number(rows[0]?.place), awaiting: (rows[0]?.awaiting ?? []).map(Number) };
    },
  };
};

const setUp = async () => {
  const database = await freshDatabase({ schema: 'chat', migrations: former });
  const accounts = { sender: randomUUID() as AccountId, reader: randomUUID() as AccountId };
  const owner = { realm: 'main', accountId: accounts.reader };
  return { database, owner, accounts, before: formerProcess(database, accounts) };
};

const within = { after: 0, upTo: 100, since: bounds.since, limit: 10 };

test('messages from before the upgrade are delivered, repeated and acknowledged after it', async () => {
  const { database, owner, accounts, before } = await setUp();
  await using _ = database;
  const references = Array.from({ length: 4 }, () => randomUUID());
  for (const reference of references) await before.send(`${reference}/digest`);
  await before.advance(3, [1, 2, 3]);
  await before.acknowledge(references[0]!);

  await migrate(database, migrations);
  const deliveries = deliveriesInPostgres(database);
  expect(await deliveries.resume(owner, bounds)).toEqual({ after: 3, head: 4, acknowledges: true });
  expect(await deliveries.unacknowledged(owner, within)).toEqual([2, 3]);
  expect(await deliveries.acknowledge([{ ...owner, references: references.slice(1, 2) }])).toEqual([1]);
  const states = await Promise.all(
    references.map((each) => deliveries.states({ realm: 'main', accountId: accounts.sender }, each)),
  );
  expect(states.flat().map(({ state }) => state)).toEqual(['acknowledged', 'acknowledged', 'delivered', 'pending']);
});

test('processes of both releases see what the other one sent, delivered and acknowledged', async () => {
  const { database, owner, before } = await setUp();
  await using _ = database;
  await before.send(`${randomUUID()}/digest`);
  await migrate(database, migrations);
  const deliveries = deliveriesInPostgres(database);
  const references = Array.from({ length: 2 }, () => randomUUID());
  for (const reference of references) await before.send(`${reference}/digest`);

  await before.advance(2, [1, 2]);
  expect(await deliveries.unacknowledged(owner, within)).toEqual([1, 2]);
  await deliveries.advance('main', [{ accountId: owner.accountId, sequence: 3, ackRequired: [3] }]);
  expect(await before.state()).toEqual({ place: 3, awaiting: [1, 2, 3] });

  expect(await deliveries.acknowledge([{ ...owner, references: references.slice(0, 1) }])).toEqual([1]);
  expect(await before.state()).toEqual({ place: 3, awaiting: [1, 3] });
  expect(await before.acknowledge(references[1]!)).toBe(1);
  expect(await deliveries.unacknowledged(owner, within)).toEqual([1]);
});

test('an upgrade that was interrupted is continued, and sends of the previous release go on meanwhile', async () => {
  const { database, owner, before } = await setUp();
  await using _ = database;
  const sent = Array.from({ length: 30 }, () => randomUUID());
  const sending = (async () => {
    for (const reference of sent) await before.send(`${reference}/digest`);
  })();
  const rows = migrations['0008_delivery-rows']!;
  const interrupted = {
    ...migrations,
    '0008_delivery-rows': { ...rows, up: () => Promise.reject(new Error('interrupted')) },
  };
  await expect(migrate(database, interrupted)).rejects.toThrow('Migrating the schema chat failed');
  await migrate(database, migrations);
  await sending;
  const deliveries = deliveriesInPostgres(database);
  expect(await deliveries.acknowledge([{ ...owner, references: sent }])).toEqual([30]);
});

test('the indexes that were built beside running processes are complete', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations });
  const { rows } = await database.knex.raw<{ rows: { indexdef: string; indisvalid: boolean }[] }>(
    `select pg_get_indexdef(i.indexrelid) as indexdef, i.indisvalid from pg_index i
       where i.indexrelid = any (array['chat.entries_reference'::regclass, 'chat.inbox_ack_required'::regclass])`,
  );
  expect(rows.map(({ indisvalid }) => indisvalid)).toEqual([true, true]);
});
