import type { AccountId, ChannelId, ChannelSnapshot, Deadline, MessageId } from '@parley/contracts';
import { type Pipeline, momentsAsText } from '@parley/postgres';
import type { Draft } from '../domain/message.js';
import { messageIds } from './message-ids.js';
import type { Prepared } from './log.js';
import type { PositionRow } from './message-row.js';

/** A message of a group that was stored; the driver returns bigint as text. */
export interface NewRow {
  readonly id: MessageId;
  readonly number: string;
  readonly sequence: string;
  readonly sent_at: string;
  readonly inbox: PositionRow[] | null;
}

/** A message with its row. */
export interface NewlyStored {
  readonly row: NewRow;
  readonly draft: Draft;
}

/**
 * Commits a group of new messages without threads and mentions, and resolves with their rows in its order. Null: it is another group, for
 * `chat.append_entries`, as that of a repeat or of the first message of a channel or inbox; nothing was changed then.
 */
export const appendNew = async (
  pipeline: Pipeline,
  group: readonly Prepared[],
  deadline: Deadline | undefined,
): Promise<NewlyStored[] | null> => {
  if (!areNewMessages(group)) return null;
  const ids = messageIds(group.length);
  const statement = { ...appendNewStatement, values: valuesOf(group, ids) };
  const rows = await pipeline.run<NewRow>('append_new', statement, deadline);
  if (rows.length === 0) return null;
  const byId = new Map<string, NewRow>(rows.map((row) => [row.id, row]));
  return group.map(({ draft }, index) => {
    const row = byId.get(ids[index] ?? '');
    if (row === undefined) throw new Error(`append_new answered ${rows.length} of ${group.length}`);
    return { row, draft };
  });
};

type NewMessage = Prepared & { readonly draft: Draft };

const areNewMessages = (group: readonly Prepared[]): group is readonly NewMessage[] => {
  const keys = new Set<string>();
  for (const { draft } of group) {
    if (draft.kind !== 'message' || draft.threadRoot !== null || draft.mentions !== null || !draft.inChannel)
      return false;
    if (draft.participants.length > 2) return false;
    keys.add(`${draft.channel.id} ${draft.sender.id} ${draft.clientId}`);
  }
  return keys.size === group.length;
};

const appendNewStatement = {
  name: 'append_new',
  types: momentsAsText,
  text: `select * from chat.append_new(${Array.from({ length: 13 }, (_, index) => `$${index + 1}`).join(', ')})`,
};

/** The arguments of `chat.append_new`. Ids, numbers and booleans need no escapes in the literal of an array. */
const valuesOf = (group: readonly NewMessage[], ids: readonly string[]): (string | null)[] => {
  const streams = new Shares<ChannelId>();
  const inboxes = new Shares<AccountId>();
  const snapshots = new Map<ChannelId, ChannelSnapshot>();
  const lastOfSender = new Map<string, Prepared>();
  for (const prepared of group) {
    const { channel, sender } = prepared.draft;
    streams.count(channel.id);
    snapshots.set(channel.id, channel);
    lastOfSender.set(`${channel.id} ${sender.id}`, prepared);
    for (const account of receiversOf(prepared.draft)) inboxes.count(account);
  }
  const channels = streams.sorted().map(({ id, taken }) => ({ ...snapshots.get(id), taken }));
  const accounts = inboxes.sorted();
  const lasts = new Set(lastOfSender.values());
  const columns = { json: list(), sender: list(), replyTo: list(), bytes: list(), moves: list() };
  const inStream = { at: list(), behind: list() };
  const inInbox = { at: list(), behind: list() };
  for (const prepared of group) {
    const { draft } = prepared;
    columns.json.push(prepared.json);
    columns.sender.push(draft.sender.id);
    columns.replyTo.push(draft.replyTo ?? 'NULL');
    columns.bytes.push(prepared.bytes);
    columns.moves.push(lasts.has(prepared));
    streams.next(draft.channel.id, inStream);
    // Two for each message, in the order of the accounts; 0: there is none.
    const [first, second] = receiversOf(draft);
    inboxes.next(first, inInbox);
    inboxes.next(second, inInbox);
  }
  return [
    JSON.stringify(channels),
    arrayUnlessEmpty(accounts.map(({ id }) => id)),
    arrayUnlessEmpty(accounts.map(({ taken }) => taken)),
    `[${columns.json.join(',')}]`,
    array(ids),
    ...[columns.sender, columns.replyTo, columns.bytes, inStream.at, inStream.behind, columns.moves].map(array),
    ...[inInbox.at, inInbox.behind].map((positions) => (accounts.length === 0 ? null : array(positions))),
  ];
};

const receiversOf = ({ participants }: Draft): readonly AccountId[] => {
  const [one, other] = participants;
  if (one === undefined || other === undefined || one < other) return participants;
  return one === other ? [one] : [other, one];
};

type Values = (string | number | boolean)[];

const list = (): Values => [];
const array = (values: readonly (string | number | boolean)[]): string => `{${values.join(',')}}`;
const arrayUnlessEmpty = (values: Values): string | null => (values.length === 0 ? null : array(values));

/** Sequences that a group takes of one stream or inbox. */
interface Share {
  taken: number;
  /** How many of them the messages so far got. */
  given: number;
  /** Its index in the order in which rows are locked, from 1. */
  at: number;
}

/** By the id of a stream or inbox: first all are counted, then sorted, then given out. */
class Shares<Id extends string> {
  private readonly shares = new Map<Id, Share>();

  count(id: Id): void {
    const share = this.shares.get(id);
    if (share === undefined) this.shares.set(id, { taken: 1, given: 0, at: 0 });
    else share.taken += 1;
  }

  /** In the order in which rows are locked. */
  sorted(): { readonly id: Id; readonly taken: number }[] {
    const order = [...this.shares].sort(([one], [other]) => (one < other ? -1 : 1));
    return order.map(([id, share], index) => {
      share.at = index + 1;
      return { id, taken: share.taken };
    });
  }

  /** Adds the index, and how far the sequence of the next message is behind the last one that the group takes. */
  next(id: Id | undefined, { at, behind }: { readonly at: Values; readonly behind: Values }): void {
    const share = id === undefined ? undefined : this.shares.get(id);
    if (share !== undefined) share.given += 1;
    at.push(share?.at ?? 0);
    behind.push(share === undefined ? 0 : share.taken - share.given);
  }
}
