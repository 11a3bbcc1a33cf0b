import type {
  AccountId,
  AccountSummary,
  ChannelId,
  ChannelKind,
  ChannelSnapshot,
  Content,
  Mentions,
  Message,
  MessageId,
} from '@parley/contracts';

/** The driver returns bigint as text; these values stay far below 2^53. */
export interface MessageRow {
  readonly channel_id: ChannelId;
  readonly sequence: string;
  readonly id: MessageId;
  readonly number: string;
  readonly sender: AccountSummary;
  readonly client_id: string;
  readonly content: Content;
  readonly raw: string | null;
  readonly sent_at: Date;
  readonly in_channel: boolean;
  readonly reply_to: MessageId | null;
  readonly thread_root: MessageId | null;
  readonly reply_count: number;
  readonly last_reply_at: Date | null;
  readonly edited_at: Date | null;
  readonly deleted_at: Date | null;
  readonly pinned_at: Date | null;
  readonly reactions: { readonly emoji: string; readonly count: number }[] | null;
  readonly mentions: Mentions | null;
  /** The emojis with which the reader reacted. */
  readonly own_reactions: string[] | null;
}

const entryColumns = ['channel_id', 'sequence', 'id', 'number', 'sender', 'client_id', 'content', 'raw', 'sent_at'];
const formColumns = [
  ...['in_channel', 'reply_to', 'thread_root', 'reply_count', 'last_reply_at', 'edited_at', 'deleted_at', 'pinned_at'],
  ...['reactions', 'mentions'],
];

/** `reader`: SQL of the account whose own reactions are marked. Evaluated only for messages with reactions. */
export const messageColumns = ({
  entry = 'e',
  form = 'm',
  reader,
}: { readonly entry?: string; readonly form?: string; readonly reader?: string } = {}): string =>
  [
    ...entryColumns.map((column) => `${entry}.${column}`),
    ...formColumns.map((column) => `${form}.${column}`),
    reader === undefined
      ? 'null as own_reactions'
      : `case when ${form}.reactions is not null then (
           select array_agg(r.emoji) from chat.reactions r
             where r.channel_id = ${form}.channel_id and r.sequence = ${form}.sequence and r.account_id = ${reader}
         ) end as own_reactions`,
  ].join(', ');

/**
 * At least the bytes of the message as JSON. `bytes` of the entry is in its key index; what is added here covers the fields that have
 * defaults, and `mine`.
 */
export const messageBytes = (entry = 'e', form = 'm'): string =>
  `${entry}.bytes + 400 + coalesce(octet_length(${form}.reactions::text) * 2, 0) + coalesce(octet_length(${form}.mentions::text), 0)`;

/** The form of a message: its key names `in_channel`, which follows from neither id nor sequence. */
export const formOf = (form: string, channelId: string, sequence: string): string =>
  `${form}.channel_id = ${channelId} and ${form}.in_channel in (true, false) and ${form}.sequence = ${sequence}`;

/** The account of a mention of the whole channel. */
export const everybody = '00000000-0000-0000-0000-000000000000';

export const noMentions = (): Mentions => ({ accountIds: [], channel: false });

export const messageFromRow = (row: MessageRow): Message => ({
  id: row.id,
  number: Number(row.number),
  channelId: row.channel_id,
  sequence: Number(row.sequence),
  sender: row.sender,
  clientId: row.client_id,
  content: row.content,
  raw: row.raw,
  sentAt: row.sent_at.toISOString(),
  editedAt: row.edited_at?.toISOString() ?? null,
  deletedAt: row.deleted_at?.toISOString() ?? null,
  replyTo: row.reply_to,
  threadRoot: row.thread_root,
  inChannel: row.in_channel,
  replyCount: row.reply_count,
  lastReplyAt: row.last_reply_at?.toISOString() ?? null,
  reactions: (row.reactions ?? []).map(({ emoji, count }) => ({
    emoji,
    count,
    mine: row.own_reactions?.includes(emoji) ?? false,
  })),
  mentions: row.mentions ?? noMentions(),
  pinnedAt: row.pinned_at?.toISOString() ?? null,
});

export interface StreamRow {
  readonly channel_id: ChannelId;
  readonly channel_kind: ChannelKind;
  readonly channel_number: number;
  readonly slug: string | null;
  readonly title: string;
  readonly membership_version: number;
}

export const streamColumns = (table: string): string =>
  `${table}.kind as channel_kind, ${table}.number as channel_number, ${table}.slug, ${table}.title, ${table}.membership_version`;

export const snapshotFromRow = (row: StreamRow): ChannelSnapshot => ({
  id: row.channel_id,
  number: row.channel_number,
  kind: row.channel_kind,
  slug: row.slug,
  title: row.title,
  membershipVersion: row.membership_version,
});

export interface PositionRow {
  readonly accountId: AccountId;
  readonly sequence: number;
}
