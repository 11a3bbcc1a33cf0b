// C22: times repeat (messages that were committed together) and go back (a host's clock was set), pages of fluent do not.
import type { InOneProcess, RunningServer } from '@parley/testing';
import { freshServiceDatabase, startInOneProcess, startNats } from '@parley/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatSocket, fluentUser, messagesOf, sealed } from '../clients/fluent.js';

let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let parley: InOneProcess;
beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url });
});
afterAll(async () => {
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

const count = 24;

test.each([
  ['all of one moment', `timestamptz '2026-11-28 22:34:30.859Z'`],
  ['a clock that goes back with every message', `timestamptz '2026-11-28 22:34:30Z' - sequence * interval '1 s'`],
  [
    'a clock that shows the same two seconds in turn',
    `timestamptz '2026-11-28 22:34:30Z' + (sequence % 2) * interval '1 s'`,
  ],
])('C22: %s: `before` gives every message exactly once, whatever the size of a page', async (_, sentAt) => {
  const { url } = parley;
  const [ada, bob] = [await fluentUser(url, 'ada'), await fluentUser(url, 'bob')];
  using adas = await chatSocket(url, ada);
  for (let n = 0; n < count; n += 1) {
    adas.send(sealed(bob, String(n)));
    await adas.waitFor(({ content }) => content === `sender:${n}`);
  }
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`update chat.entries set sent_at = ${sentAt}`);
  } finally {
    await client.end();
  }
  const expected = Array.from({ length: count }, (_each, n) => `receiver:${count - 1 - n}`);
  for (const limit of [1, 7, 8, count]) {
    const paged: string[] = [];
    for (let before = ''; ;) {
      const page = await messagesOf(url, bob, ada, `&limit=${limit}${before}`);
      const last = page.at(-1);
      if (!last) break;
      paged.push(...page.map(({ content }) => content));
      if (paged.length > count) break;
      before = `&before=${encodeURIComponent(last.timestamp)}`;
    }
    expect(paged).toEqual(expected);
  }
});
