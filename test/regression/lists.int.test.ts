// Lists of any length: read from the bus in small pages, sent as they are read, in the form of the old servers.
import { connectDatabase, query } from '@parley/postgres';
import type { Database } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import type { InOneProcess, RunningServer } from '@parley/testing';
import { freshServiceDatabase, startInOneProcess, startNats } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tapBus } from '../journeys/bus-tap.js';
import type { BusMessage } from '../journeys/bus-tap.js';
import { meshUser, organizationOf } from '../clients/mesh.js';
import { aDevice, connect, topicCall } from '../clients/swifty.js';

const log = createLog({ service: 'test', level: 'silent' });
let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let topics: Database;
let auth: Database;
let signaling: Database;
let parley: InOneProcess;
beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url });
  const open = (schema: string) => connectDatabase({ url: database.url, schema, poolMax: 1, log });
  [topics, auth, signaling] = [open('topics'), open('auth'), open('signaling')];
});
afterAll(async () => {
  await Promise.all([topics.close(), auth.close(), signaling.close()]);
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

/** What came over the bus in answer to calls while `work` ran, which can ask for their number so far. */
const watched = async <T>(work: (repliesSoFar: () => number) => Promise<T>) => {
  const replies: BusMessage[] = [];
  using _tap = await tapBus(nats.url, (message) => {
    if (message.subject.startsWith('_INBOX.')) replies.push(message);
  });
  const result = await work(() => replies.length);
  const bytes = replies.map(({ text }) => text.length);
  return { result, replies: bytes.length, replyBytesMax: Math.max(0, ...bytes) };
};

const pieces = async (path: string, headers: Record<string, string> = {}, onFirst = (): void => undefined) => {
  const answer = await fetch(parley.url + path, { headers });
  expect(answer.status).toBe(200);
  let [count, text] = [0, ''];
  const decoder = new TextDecoder();
  for await (const piece of answer.body!) {
    if (count === 0) onFirst();
    count += 1;
    text += decoder.decode(piece as Uint8Array, { stream: true });
  }
  return { count, text };
};

/** Copies of an account, each with an id, a number and a handle of its own. */
const copiesOf = async (handle: string, count: number): Promise<{ id: string; number: number; handle: string }[]> => {
  const { rows } = await query(auth, 'copies', (knex) =>
    knex.raw<{ rows: { id: string; number: number; handle: string }[] }>(
      `insert into accounts
       select (jsonb_populate_record(a, jsonb_build_object(
         'id', gen_random_uuid(), 'number', 1000000 + n, 'handle', gen_random_uuid(), 'username_folded', null, 'email', 'm' || n))).*
       from accounts a, generate_series(1, :count::integer) n where a.handle = :handle
       returning id, number, handle`,
      { handle, count },
    ),
  );
  return rows;
};

describe('topics of swifty', () => {
  const many = 600;
  const metadata = Object.fromEntries(Array.from({ length: 285 }, (_, n) => [`key ${n}`, n]));

  test('600 of 4 KB are read in small pages and sent piece by piece, whole and newest first', async () => {
    const alice = await aDevice(parley.url);
    for (let n = 0; n < 2; n += 1) await topicCall(parley.url, 'create', alice, `first-${n}`, { metadata: { n } });
    await query(topics, 'seed', (knex) =>
      knex.raw(
        `with one as (select * from channels where slug = 'first-1'), made as (
           insert into channels (id, realm, number, kind, slug, title, folded_title, metadata, membership_version, member_count, created_by, created_at)
           select gen_random_uuid(), realm, number + n, kind, 't-' || n, 't', 't', :metadata::jsonb, 0, 0, created_by, created_at
           from one, generate_series(1, :many::integer) n
         )
         update counters set channel_number = channel_number + :many`,
        { metadata: JSON.stringify(metadata), many },
      ),
    );
    let repliesAtFirst = 0;
    const seen = await watched((repliesSoFar) =>
      pieces('/topics', {}, () => {
        repliesAtFirst = repliesSoFar();
      }),
    );
    expect(seen.replies).toBeGreaterThan(20);
    expect(seen.replyBytesMax).toBeLessThan(150_000);
    // The first piece arrives while most pages are still to be read.
    expect(repliesAtFirst).toBeLessThan(seen.replies / 2);
    const topic = (id: string, own: object) => ({ id, creator: alice.uuid, metadata: own, subscriber_count: 0 });
    const expected = [
      ...Array.from({ length: many }, (_, n) => topic(`t-${many - n}`, metadata)),
      topic('first-1', { n: 1 }),
      topic('first-0', { n: 0 }),
    ];
    expect(JSON.parse(seen.result.text)).toEqual({ count: many + 2, topics: expected });
    expect(seen.result.text.startsWith(`{"count":${many + 2},"topics":[{"id":"t-${many}",`)).toBe(true);
  });

  test('of one topic all subscribers come, and of the clients all that are connected', async () => {
    const devices = await Promise.all(['Ann', 'Ben', 'Cid'].map((name) => aDevice(parley.url, name)));
    await topicCall(parley.url, 'create', devices[0]!, 'subscribed', { metadata: { a: [1, null, 'x'] } });
    for (const device of devices) await topicCall(parley.url, 'subscribe', device, 'subscribed');
    const { text } = await pieces('/topics/subscribed');
    const uuids = devices.map(({ uuid }) => uuid);
    const topic = JSON.parse(text) as { subscribers: string[] };
    expect(topic.subscribers.toSorted()).toEqual(uuids.toSorted());
    const head = { id: 'subscribed', creator: uuids[0], metadata: { a: [1, null, 'x'] }, subscriber_count: 3 };
    expect(text).toBe(JSON.stringify({ ...head, subscribers: topic.subscribers }));

    expect((await pieces('/clients')).text).toBe('{"count":0,"clients":{}}');
    const socket = await connect(parley.url, devices[0]!);
    expect((await pieces('/clients')).text).toBe(JSON.stringify({ count: 1, clients: { [uuids[0]!]: 'Ann' } }));
    socket.close();
  });

  test('many subscribers are read page by page, and their number comes after them', async () => {
    const alice = await aDevice(parley.url);
    await topicCall(parley.url, 'create', alice, 'crowded');
    const copies = await copiesOf(alice.uuid, 1_200);
    await query(topics, 'seed', (knex) =>
      knex.raw(
        `insert into members (channel_id, account_id, realm, channel_number, role)
         select c.id, account_id, c.realm, c.number, 'member'
         from channels c, unnest(:ids::uuid[]) as account_id where c.slug = 'crowded'`,
        { ids: copies.map(({ id }) => id) },
      ),
    );
    const { replyBytesMax, result } = await watched(() => pieces('/topics/crowded'));
    expect(replyBytesMax).toBeLessThan(150_000);
    const { subscribers, ...head } = JSON.parse(result.text) as { subscribers: string[] };
    expect(head).toEqual({ id: 'crowded', creator: alice.uuid, metadata: {}, subscriber_count: 1_200 });
    expect(subscribers.toSorted()).toEqual(copies.map(({ handle }) => handle).toSorted());
    expect(result.text.endsWith('],"subscriber_count":1200}')).toBe(true);
  });

  test('a topic that is made while the list is sent is not in it: the count comes first', async () => {
    const [before] = await query(topics, 'count', async (knex) => knex('channels').count<{ n: string }[]>('* as n'));
    const alice = await aDevice(parley.url);
    const answer = await fetch(`${parley.url}/topics`);
    await topicCall(parley.url, 'create', alice, 'made-meanwhile');
    const body = (await answer.json()) as { count: number; topics: { id: string }[] };
    expect([body.count, body.topics.length]).toEqual([Number(before!.n), Number(before!.n)]);
    expect(body.topics.map(({ id }) => id)).not.toContain('made-meanwhile');
  });
});

test('many members of an organization of mesh are read page by page', async () => {
  const user = await meshUser(parley.url);
  const org = await organizationOf(parley.url, [user], { leased: false });
  const [{ handle } = { handle: '' }] = await query(auth, 'find', (knex) =>
    knex('accounts').where({ realm: 'mesh', number: user.id }).select<{ handle: string }[]>('handle'),
  );
  const copies = await copiesOf(handle, 1_200);
  await query(signaling, 'seed', (knex) =>
    knex.raw(
      `insert into members (organization_id, account_id, realm, organization_number)
       select o.id, account_id, o.realm, o.number
       from organizations o, unnest(:ids::uuid[]) as account_id where o.number = :org`,
      { ids: copies.map(({ id }) => id), org },
    ),
  );
  const path = `/organizations/${org}/members`;
  const seen = await watched(() => pieces(path, { authorization: `Bearer ${user.token}` }));
  expect(seen.replyBytesMax).toBeLessThan(150_000);
  const members = JSON.parse(seen.result.text) as { user_id: number }[];
  const ids = members.map(({ user_id }) => user_id);
  expect(ids.toSorted((a, b) => a - b)).toEqual([user.id, ...copies.map(({ number }) => number)]);
  const first = ids.slice(0, 500);
  expect(first).toEqual(first.toSorted((a, b) => a - b));
  expect(ids).not.toEqual(ids.toSorted((a, b) => a - b));
});
