// Lists of messages: read in small pages and sent as they are read, while more is said.
import { connectDatabase, query } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import type { InOneProcess, RunningServer } from '@parley/testing';
import { freshServiceDatabase, startInOneProcess, startNats } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tapBus } from '../journeys/bus-tap.js';
import { chatSocket, fluentUser } from '../clients/fluent.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';

let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let parley: InOneProcess;
beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  const environment = { PARLEY_FRAMES_BURST: '5000', PARLEY_FRAMES_PER_SECOND: '5000' };
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url, environment });
});
afterAll(async () => {
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

/** A list as it came, with how often chat was asked for it; `meanwhile` is done when its beginning is there. */
const listed = async <T>(path: string, token: string, calls: string, meanwhile: () => void) => {
  let asked = 0;
  using _tap = await tapBus(nats.url, ({ subject }) => {
    if (subject.endsWith(calls)) asked += 1;
  });
  const answer = await fetch(parley.url + path, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of answer.body!) {
    if (text === '') meanwhile();
    text += decoder.decode(piece as Uint8Array, { stream: true });
  }
  return { asked, items: JSON.parse(text) as T[] };
};

test('the last 250 messages of a room come in pages, none missing or doubled, while more is said', async () => {
  const [ada, bob] = [await roomsUser(parley.url), await roomsUser(parley.url)];
  const room = await newRoom(parley.url, ada);
  using adas = await enter(parley.url, ada, room);
  using bobs = await enter(parley.url, bob, room);
  const say = (from: number, to: number): void => {
    for (let n = from; n <= to; n += 1) adas.send({ type: 'message', content: String(n) });
  };
  const received = (n: number) => bobs.waitFor(({ message }) => message === String(n));
  say(1, 300);
  await received(300);
  const path = `/api/messages/${room.id}/recent?limit=250`;
  const { asked, items } = await listed<{ message: string }>(path, bob.token, 'chat.message.list', () => say(301, 350));
  expect(items.map(({ message }) => message)).toEqual(Array.from({ length: 250 }, (_, n) => String(n + 51)));
  expect(asked).toBeGreaterThanOrEqual(3);
  await received(350);
});

test('the chats of a fluent user come in pages, each partner once, those with whom something was said last first', async () => {
  const ada = await fluentUser(parley.url);
  const partners = 70;
  const auth = connectDatabase({
    url: database.url,
    schema: 'auth',
    poolMax: 1,
    log: createLog({ service: 'test', level: 'silent' }),
  });
  try {
    await query(auth, 'seed', (knex) =>
      knex.raw(
        `with own as (select * from accounts where realm = 'fluent' and number = :number), made as (
           insert into accounts (id, realm, number, kind, username, username_folded, username_key, handle, name, name_key, public_key, created_at)
           select gen_random_uuid(), realm, number + n, kind, 'p-' || n, 'p-' || n, 'p-' || n, gen_random_uuid()::text, 'p-' || n, 'p-' || n, 'key', created_at
           from own, generate_series(1, :partners::integer) n
         )
         update realms set last_number = last_number + :partners where name = 'fluent'`,
        { number: ada.id, partners },
      ),
    );
  } finally {
    await auth.close();
  }
  using socket = await chatSocket(parley.url, ada);
  const write = (partner: number, text: string): void =>
    socket.send({ receiverID: partner, receiver_encrypted: text, sender_encrypted: text, messageType: 'text' });
  for (let n = 1; n <= partners; n += 1) write(ada.id + n, `to ${n}`);
  for (let n = 1; n <= partners; n += 1) await socket.waitFor(({ content }) => content === `to ${n}`);
  write(ada.id + 1, 'again');
  await socket.waitFor(({ content }) => content === 'again');
  const said = socket.received.map(({ receiver_id }) => receiver_id as number);
  // Somebody of the list moves to its beginning while it is read.
  const { asked, items } = await listed<{ partner: { id: number } }>(
    '/chat/chat_list',
    ada.token,
    'chat.inbox.chats',
    () => write(ada.id + 2, 'meanwhile'),
  );
  expect(items.map(({ partner }) => partner.id)).toEqual([...new Set(said.toReversed())]);
  expect(items).toHaveLength(partners);
  expect(asked).toBe(4);
  await socket.waitFor(({ content }) => content === 'meanwhile');
});
