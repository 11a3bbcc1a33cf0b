// Messages in one form, so that what clients show, fold and read can be compared.
import type { Entry, Message } from '@parley/client';
import { FoldedChannel } from '../../clients/v1-fold.js';

/** A message as a line: two are equal if their lines are. */
export interface Line {
  readonly id: string;
  readonly sequence: number;
  readonly text: string;
}

type Comparable = Omit<Message, 'id' | 'sequence' | 'number'> & {
  readonly id: string | null;
  readonly sequence: number | null;
};

/** `mine`: whether the reactions of the reader are compared, too. The order of emoji is not part of the state. */
const lineOf = (message: Comparable, mine: boolean): Line => {
  const { id, sequence, clientId, sender, content, sentAt, editedAt, deletedAt, replyTo, threadRoot, inChannel } =
    message;
  const { replyCount, lastReplyAt, mentions, pinnedAt } = message;
  const reactions = message.reactions.map((each) => `${each.emoji}${each.count}${mine && each.mine ? ' mine' : ''}`);
  const mentioned = [...mentions.accountIds].sort();
  const fields = {
    sequence,
    id,
    clientId,
    sender: sender.id,
    content,
    sentAt,
    editedAt,
    deletedAt,
    replyTo,
    threadRoot,
  };
  const derived = { inChannel, replyCount, lastReplyAt, pinnedAt, mentioned, channel: mentions.channel };
  const text = JSON.stringify({ ...fields, ...derived, reactions: reactions.sort() });
  return { id: id ?? `not stored: ${clientId ?? ''}`, sequence: sequence ?? Infinity, text };
};

export const linesOf = (messages: readonly Comparable[], mine: boolean): Line[] =>
  messages.map((message) => lineOf(message, mine));

const fieldsOf = (line: Line | undefined): Record<string, unknown> =>
  line ? (JSON.parse(line.text) as Record<string, unknown>) : {};

/** How `got` differs from `expected`, in the first differing message and its fields; null: it does not. */
export const differenceOf = (got: readonly Line[], expected: readonly Line[]): string | null => {
  if (got.length !== expected.length) {
    const has = new Set(got.map(({ id }) => id));
    const wanted = new Set(expected.map(({ id }) => id));
    const missing = expected.filter(({ id }) => !has.has(id)).map(({ sequence }) => sequence);
    const surplus = got.filter(({ id }) => !wanted.has(id)).map(({ sequence, id }) => `${sequence} ${id}`);
    return `${got.length} of ${expected.length} messages; missing ${missing.slice(0, 8).join(' ')}; surplus ${surplus.slice(0, 4).join(', ')}`;
  }
  const at = got.findIndex(({ text }, index) => text !== expected[index]?.text);
  if (at < 0) return null;
  const [one, other] = [fieldsOf(got[at]), fieldsOf(expected[at])];
  const fields = Object.keys(other).filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
  const described = fields.map((key) => `${key} ${JSON.stringify(one[key])}, stored ${JSON.stringify(other[key])}`);
  return `message ${String(other['sequence'])}: ${described.join('; ')}`;
};

/** What the entries of a channel make of it by the documented rule. */
export const foldOf = (channelId: string, entries: readonly Entry[]): FoldedChannel => {
  const fold = new FoldedChannel(channelId);
  for (const entry of entries) fold.apply({ method: entry.kind, params: entry });
  return fold;
};

/** The messages of a fold, without those that only threads show. */
export const shownIn = (fold: FoldedChannel): Message[] =>
  (fold.all() as unknown as Message[]).filter(({ inChannel }) => inChannel);
