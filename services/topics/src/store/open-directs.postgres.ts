import { AsyncResource } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { Fault, isFault, type AccountId, type ChannelId, type Member } from '@parley/contracts';
import { callerDeadline, transact, withCallerDeadline, type Database } from '@parley/postgres';
import type { Knex } from 'knex';
import type { Pair } from '../domain/channel.js';
import type { Channels, Created, DirectDraft, MayCreate } from './channels.js';
import { rowsOf, takeNumbers, toChannel, toMember, type ChannelRow, type MemberRow } from './rows.postgres.js';

interface Asked {
  readonly draft: DirectDraft;
  readonly mayCreate: MayCreate;
  readonly resolve: (created: Created) => void;
  readonly reject: (error: unknown) => void;
  /** The async context of the caller, so that a group's statements belong to the trace of its first member. */
  readonly asked: AsyncResource;
  /** Infinity when the caller has no deadline. */
  readonly deadline: number;
}

/** The result of one request: a channel, or the fault that refused it. */
type Outcome = Created | Fault;

const groupMax = 200;
const waitingMax = 5_000;

/**
 * Opens direct channels in groups: while one transaction is in flight, the next group gathers. A burst of first messages would
 * otherwise queue for the realm's counter with one database connection each, until none is left for reads.
 */
export const openingDirects = (database: Database): Channels['openDirect'] => {
  const waiting: Asked[] = [];
  let isRunning = false;

  const open = async (group: readonly Asked[]): Promise<void> => {
    try {
      const lastDeadline = Math.max(...group.map(({ deadline }) => deadline));
      const outcomes = await withCallerDeadline(lastDeadline, () =>
        transact(database, 'topics.open_direct', (tx) => openGroup(tx, group)),
      );
      group.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined || isFault(outcome)) reject(outcome);
        else resolve(outcome);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };
  const run = async (): Promise<void> => {
    isRunning = true;
    for (let first = waiting[0]; first !== undefined; first = waiting[0])
      await first.asked.runInAsyncScope(open, null, takeGroup(waiting, first.draft.realm));
    isRunning = false;
  };

  return (draft, mayCreate, deadline = callerDeadline() ?? Infinity) => {
    if (waiting.length >= waitingMax)
      return Promise.reject(new Fault('unavailable', 'overloaded', 'Too many channels are being opened; try again'));
    return new Promise((resolve, reject) => {
      waiting.push({ draft, mayCreate, resolve, reject, asked: new AsyncResource('OpenDirect'), deadline });
      if (!isRunning) void run();
    });
  };
};

/** Removes the next group of one realm from the queue. */
const takeGroup = (waiting: Asked[], realm: string): Asked[] => {
  const group = waiting.filter(({ draft }) => draft.realm === realm).slice(0, groupMax);
  const taken = new Set(group);
  const left = waiting.filter((asked) => !taken.has(asked));
  waiting.splice(0, waiting.length, ...left);
  return group;
};

const keyOf = ([low, high]: Pair): string => `${low} ${high}`;

interface Fresh {
  readonly id: ChannelId;
  readonly number: number;
  readonly createdBy: AccountId;
  readonly pair: Pair;
}

/** Runs under the lock of the realm's counter, so that of all requests for a pair one makes it, here or in another process. */
const openGroup = async (tx: Knex, group: readonly Asked[]): Promise<Outcome[]> => {
  const drafts = group.map(({ draft }) => draft);
  const realm = drafts[0]?.realm ?? '';
  let number = await takeNumbers(tx, realm, group.length);
  const known = await channelsOf(tx, realm, drafts);
  const made = await createdBy(tx, drafts);
  const fresh = new Map<string, Fresh>();
  const decided = group.map(({ draft, mayCreate }): string | Fault => {
    const key = keyOf(draft.pair);
    if (known.has(key) || fresh.has(key)) return key;
    const createdSoFar = made.get(draft.createdBy) ?? 0;
    try {
      mayCreate(createdSoFar);
    } catch (error) {
      if (isFault(error)) return error;
      throw error;
    }
    made.set(draft.createdBy, createdSoFar + 1);
    fresh.set(key, { id: randomUUID() as ChannelId, number, createdBy: draft.createdBy, pair: draft.pair });
    number += 1;
    return key;
  });
  const created = await insert(tx, realm, [...fresh.values()]);
  // Of the requests for the same pair, the first publishes it.
  return decided.map((key) => {
    if (typeof key !== 'string') return key;
    const there = known.get(key);
    if (there) return { channel: toChannel(there), members: [] };
    const one = created.get(key);
    if (one === undefined) throw new Error('A direct channel was not made');
    created.set(key, { ...one, members: [] });
    return one;
  });
};

const channelsOf = async (
  tx: Knex,
  realm: string,
  drafts: readonly DirectDraft[],
): Promise<Map<string, ChannelRow>> => {
  const rows = await rowsOf<ChannelRow>(
    tx,
    `select c.* from unnest(:lows::uuid[], :highs::uuid[]) as pair (low, high)
     join channels c on c.realm = :realm and c.low_account = pair.low and c.high_account = pair.high`,
    { realm, lows: drafts.map(({ pair }) => pair[0]), highs: drafts.map(({ pair }) => pair[1]) },
  );
  return new Map(rows.map((row) => [`${row.low_account} ${row.high_account}`, row]));
};

const createdBy = async (tx: Knex, drafts: readonly DirectDraft[]): Promise<Map<AccountId, number>> => {
  const accounts = [...new Set(drafts.map((draft) => draft.createdBy))];
  const rows = await rowsOf<{ account_id: AccountId; count: number }>(
    tx,
    `select created_by as account_id, count(*)::integer as count
     from channels where created_by = any(:accounts::uuid[]) group by created_by`,
    { accounts },
  );
  return new Map(rows.map((row) => [row.account_id, row.count]));
};

const insert = async (tx: Knex, realm: string, fresh: readonly Fresh[]): Promise<Map<string, Created>> => {
  if (fresh.length === 0) return new Map();
  const rows = await rowsOf<ChannelRow>(
    tx,
    `insert into channels
       (id, realm, number, kind, title, folded_title, membership_version, member_count, created_by, low_account, high_account)
     select id, :realm, number, 'direct', '', '', members, members, created_by, low, high
     from unnest(:ids::uuid[], :numbers::integer[], :creators::uuid[], :lows::uuid[], :highs::uuid[])
       as new (id, number, created_by, low, high)
     cross join lateral (select case when low = high then 1 else 2 end as members) as counted
     returning *`,
    {
      realm,
      ids: fresh.map(({ id }) => id),
      numbers: fresh.map((each) => each.number),
      creators: fresh.map((each) => each.createdBy),
      lows: fresh.map(({ pair }) => pair[0]),
      highs: fresh.map(({ pair }) => pair[1]),
    },
  );
  const seats = fresh.flatMap(({ id, number, pair }) =>
    [...new Set(pair)].map((accountId) => ({ id, number, accountId })),
  );
  const members = await rowsOf<MemberRow>(
    tx,
    `insert into members (channel_id, account_id, realm, channel_number, role)
     select channel_id, account_id, :realm, number, 'member'
     from unnest(:ids::uuid[], :accounts::uuid[], :numbers::integer[]) as new (channel_id, account_id, number)
     returning *`,
    {
      realm,
      ids: seats.map(({ id }) => id),
      accounts: seats.map(({ accountId }) => accountId),
      numbers: seats.map((each) => each.number),
    },
  );
  const membersOf = new Map<ChannelId, Member[]>();
  for (const member of members.map(toMember))
    membersOf.set(member.channelId, [...(membersOf.get(member.channelId) ?? []), member]);
  return new Map(
    rows.map((row) => [
      `${row.low_account} ${row.high_account}`,
      { channel: toChannel(row), members: membersOf.get(row.id) ?? [] },
    ]),
  );
};
