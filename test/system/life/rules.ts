// What must hold of everything that is stored: counts, each change once, and deleted texts nowhere.
import type { Entry } from '@parley/client';
import pg from 'pg';
import { clientIdOf, markOf } from './acting.js';
import type { Store } from './agreement.js';
import type { Person } from './people.js';
import type { Acknowledged } from './wire.js';

const mentionsMax = 100;

const clientIdIn = (entry: Entry): string | null =>
  (entry.kind === 'message.created' ? entry.message : (entry as { clientId?: string | null })).clientId ?? null;
const authorIn = (entry: Entry): string =>
  entry.kind === 'message.created' ? entry.message.sender.id : entry.actor.id;

/** The counts of each account in each channel, computed from the entries and from what it marked as read. */
export const wrongCounts = (people: readonly Person[], { reads, logs }: Store): string[] =>
  people.flatMap((person) =>
    [...(reads.get(person.id) ?? [])].flatMap(([channelId, { summary, messages }]) => {
      const log = logs.get(channelId) ?? [];
      const created = log.flatMap((entry) => (entry.kind === 'message.created' ? [entry.message] : []));
      const shown = created.filter(({ inChannel }) => inChannel);
      const own = shown.findLast(({ sender }) => sender.id === person.id)?.sequence ?? 0;
      const read = Math.max(own, person.marks.get(channelId) ?? 0);
      const unread = shown.filter(({ sequence }) => sequence > read).length;
      // The last forms, because an edit changes whom a message mentions.
      const mentioning = messages.filter(
        ({ sequence, mentions }) => sequence > read && (mentions.channel || mentions.accountIds.includes(person.id)),
      );
      const mentions = Math.min(mentionsMax, mentioning.length);
      const expected = { unread, mentions, read, head: log.at(-1)?.sequence ?? 0, last: shown.at(-1)?.id };
      const got = { ...summary, last: summary.last?.id };
      const wrong = (Object.keys(expected) as (keyof typeof expected)[]).filter((key) => got[key] !== expected[key]);
      return wrong.map(
        (key) => `${person.name} ${channelId}: ${key} ${String(got[key])}, computed ${String(expected[key])}`,
      );
    }),
  );

const gapsIn = (channelId: string, log: readonly Entry[]): string[] =>
  log.flatMap(({ sequence }, index) => (sequence === index + 1 ? [] : [`${channelId}: ${sequence} at ${index + 1}`]));

/** Entries with a client id of the same author twice, acknowledged changes without an entry, and gaps. */
export const notOnce = ({ logs }: Store, acknowledged: ReadonlyMap<string, Acknowledged>): string[] => {
  const times = new Map<string, number>();
  const places = new Map<string, Entry>();
  const known = new Set<string>();
  for (const [channelId, log] of logs) {
    for (const entry of log) {
      const key = `${channelId} ${authorIn(entry)} ${clientIdIn(entry) ?? ''}`;
      times.set(key, (times.get(key) ?? 0) + 1);
      places.set(`${channelId} ${entry.sequence}`, entry);
      known.add(clientIdIn(entry) ?? '');
    }
  }
  const doubled = [...times].filter(([, count]) => count > 1).map(([key, count]) => `${key}: ${count} times`);
  const lost = [...acknowledged.values()].flatMap((each) => {
    const entry = places.get(`${each.channelId} ${each.sequence}`);
    const messageId = entry?.kind === 'message.created' ? entry.message.id : entry?.messageId;
    const isThere = entry !== undefined && (each.messageId === undefined || messageId === each.messageId);
    // What had no effect is answered with the entry that had it before.
    const isOwn = known.has(each.clientId) === (entry !== undefined && clientIdIn(entry) === each.clientId);
    return isThere && isOwn && (each.repeated || known.has(each.clientId))
      ? []
      : [`${each.method} ${each.clientId} at ${each.channelId} ${each.sequence}`];
  });
  return [...doubled, ...lost, ...[...logs].flatMap(([channelId, log]) => gapsIn(channelId, log))];
};

/** Entries of a request that no client has an acknowledgement for. */
export const unacknowledged = ({ logs }: Store, acknowledged: ReadonlyMap<string, Acknowledged>): string[] =>
  [...logs.values()].flat().flatMap((entry) => {
    const clientId = clientIdIn(entry) ?? '';
    return acknowledged.has(clientId) ? [] : [`${entry.kind} ${entry.channelId} ${entry.sequence} ${clientId}`];
  });

/** The marks of the texts of deleted messages. */
export const deletedMarks = ({ reads, logs }: Store, sends: number): Set<string> => {
  const tombstones = [...reads.values()].flatMap((channels) =>
    [...channels.values()].flatMap(({ messages }) => messages.filter(({ deletedAt }) => deletedAt !== null)),
  );
  const deleted = [...logs.values()].flat().filter(({ kind }) => kind === 'message.deleted') as {
    readonly messageId: string;
  }[];
  const ids = new Set(deleted.map(({ messageId }) => messageId));
  const inLogs = [...logs.values()]
    .flat()
    .flatMap((entry) => (entry.kind === 'message.created' && ids.has(entry.message.id) ? [entry.message] : []));
  const clientIds = new Set([...tombstones, ...inLogs].map(({ clientId }) => clientId));
  const numbers = Array.from({ length: sends }, (_, n) => n).filter((n) => clientIds.has(clientIdOf(n)));
  return new Set(numbers.map(markOf));
};

export const marksIn = (text: string): string[] => text.match(/mark\d+z/g) ?? [];

/** Rows of any table of any service that have one of the marks. */
export const rowsWith = async (databaseUrl: string, marks: ReadonlySet<string>): Promise<string[]> => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const { rows: tables } = await pool.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const found: string[] = [];
    let seen = 0;
    for (const { name } of tables) {
      const { rows } = await pool.query<{ line: string }>(
        `select t::text as line from ${name} t where t::text like '%mark%'`,
      );
      const marked = rows.flatMap(({ line }) => marksIn(line));
      seen += marked.length;
      const kept = new Set(marked.filter((mark) => marks.has(mark)));
      found.push(...[...kept].map((mark) => `${mark} in ${name}`));
    }
    if (seen === 0) throw new Error('No table has a text: the search finds nothing');
    return found;
  } finally {
    await pool.end();
  }
};
