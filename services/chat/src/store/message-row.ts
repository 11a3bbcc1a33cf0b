import type {
  AccountId,
  AccountSummary,
  ChannelId,
  ChannelKind,
  ChannelSnapshot,
  Content,
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
}

export const messageColumns = (table: string): string =>
  ['channel_id', 'sequence', 'id', 'number', 'sender', 'client_id', 'content', 'raw', 'sent_at']
    .map((column) => `${table}.${column}`)
    .join(', ');

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
