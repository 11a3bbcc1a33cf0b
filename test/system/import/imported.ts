import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { OldCounts } from './old-database.js';
import { withClient } from './old-database.js';

const one = async (url: string, sql: string, values: readonly unknown[]): Promise<number> =>
  withClient(url, async (client) => Number((await client.query<{ n: string }>(sql, [...values])).rows[0]?.n ?? 0));

/** How many messages of the realm are there; cheap enough to ask while they are written. */
export const messagesIn = (url: string, realm: string): Promise<number> =>
  one(url, 'select coalesce(sum(head), 0) as n from chat.streams where realm = $1', [realm]);

/** By conversation, the old ids of its messages in the order of their sequences, as a digest; as `OldDatabase.orders`. */
export const importedOrders = (url: string, realm: string): Promise<Map<number, string>> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ number: number; digest: string }>(
      `select s.number, md5(string_agg(substring(e.client_id from '[0-9]+$'), ',' order by e.sequence)) as digest
         from chat.entries e join chat.streams s on s.channel_id = e.channel_id where e.realm = $1 group by s.number`,
      [realm],
    );
    return new Map(rows.map(({ number, digest }) => [number, digest]));
  });

/** Contradictions between what was to be imported and what is there. */
export const contradictions = async (url: string, realm: string, expected: OldCounts): Promise<string[]> => {
  const counted = {
    users: 'select count(*) as n from auth.accounts where realm = $1',
    conversations: 'select count(*) as n from topics.channels where realm = $1',
    messages: 'select count(*) as n from chat.entries where realm = $1',
  } as const;
  const found: string[] = [];
  for (const [what, sql] of Object.entries(counted)) {
    const number = await one(url, sql, [realm]);
    if (number !== expected[what as keyof OldCounts]) found.push(`${number} ${what}`);
  }
  const wrong = {
    'streams whose head is not the number of their entries': `
      select count(*) as n from chat.streams s where s.realm = $1
        and s.head <> (select count(*) from chat.entries e where e.channel_id = s.channel_id)`,
    'channels whose member count is not the number of their members': `
      select count(*) as n from topics.channels c cross join lateral (
          select count(*) as members from topics.members m where m.channel_id = c.id
        ) counted
        where c.realm = $1 and (c.member_count <> members or c.membership_version <> members)`,
    'accounts without credentials': `
      select count(*) as n from auth.accounts a left join auth.credentials c on c.account_id = a.id
        where a.realm = $1 and c.hash is null`,
  };
  for (const [what, sql] of Object.entries(wrong)) {
    const number = await one(url, sql, [realm]);
    if (number > 0) found.push(`${number} ${what}`);
  }
  return found;
};

/** How many different messages of the source the report maps to a number. */
export const mappedIn = async (report: string): Promise<number> => {
  const mapped = new Set<string>();
  for await (const line of createInterface({ input: createReadStream(report), crlfDelay: Infinity })) {
    const { type, sourceId, number } = JSON.parse(line) as { type: string; sourceId?: string; number?: number };
    if (type === 'message' && sourceId !== undefined && number !== undefined) mapped.add(sourceId);
  }
  return mapped.size;
};
