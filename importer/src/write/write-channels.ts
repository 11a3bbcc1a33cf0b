import { type Client, type Topics, importRowsMax } from '@parley/contracts';
import { derivedId } from '../derived-id.js';
import type { ChannelRecord, MemberRecord } from '../records.js';
import { type WriteContext, addAll } from './context.js';
import { persistently } from './persistently.js';

type Rows = Client<Topics>['import'];
type ChannelInput = Parameters<Rows['channels']>[0]['rows'][number];
type MemberInput = Parameters<Rows['members']>[0]['rows'][number];

export const writeChannels = (context: WriteContext, records: readonly ChannelRecord[]): Promise<number> =>
  addAll(
    context,
    records.map((record) => channelOf(context.importId, record)),
    context.owners.topics.import.channels,
  );

const channelOf = (importId: string, record: ChannelRecord): ChannelInput => {
  const account = (sourceId: string): string => derivedId(importId, 'account', sourceId);
  return {
    id: derivedId(importId, 'channel', record.sourceId),
    number: record.number,
    kind: record.kind,
    title: record.title,
    slug: record.slug,
    metadata: record.metadata,
    metadataText: record.metadataText,
    createdBy: record.createdBy === null ? null : account(record.createdBy),
    createdAt: record.createdAt,
    pair: record.pair === null ? null : [account(record.pair[0]), account(record.pair[1])],
  };
};

export const writeMembers = (context: WriteContext, records: readonly MemberRecord[]): Promise<number> =>
  addAll(
    context,
    records.map(({ channel, account, role, joinedAt }): MemberInput => ({
      channelId: derivedId(context.importId, 'channel', channel),
      accountId: derivedId(context.importId, 'account', account),
      role,
      joinedAt,
    })),
    context.owners.topics.import.members,
  );

/** Gives chat the channels as topics has them, once their members are there. */
export const writeStreams = async (context: WriteContext): Promise<void> => {
  const { importId, owners, options, signal } = context;
  for (let after = 0; ;) {
    const input = { importId, after, limit: importRowsMax };
    const channels = await persistently(() => owners.topics.import.snapshots(input, options), { signal });
    const last = channels.at(-1);
    if (last === undefined) return;
    await addAll(context, channels, owners.chat.import.streams);
    after = last.number;
  }
};
