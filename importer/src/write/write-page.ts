import type { SourceRecord } from '../records.js';
import type { WriteContext } from './context.js';
import { writeAccounts } from './write-accounts.js';
import { writeChannels, writeMembers } from './write-channels.js';
import { writeMessages, writeReactions, writeReads } from './write-messages.js';
import { writeLeases, writeOrganizations, writeSeats } from './write-organizations.js';

type RecordType = SourceRecord['type'];
type RecordOf<Type extends RecordType> = Extract<SourceRecord, { readonly type: Type }>;

const of = <Type extends RecordType>(records: readonly SourceRecord[], type: Type): RecordOf<Type>[] =>
  records.filter((record): record is RecordOf<Type> => record.type === type);

/** Writes the records of one page in the order in which they may name each other; returns how many were not there before. */
export const writePage = async (context: WriteContext, records: readonly SourceRecord[]): Promise<number> =>
  (await writeAccounts(context, of(records, 'account'))) +
  (await writeChannels(context, of(records, 'channel'))) +
  (await writeMembers(context, of(records, 'member'))) +
  (await writeMessages(context, of(records, 'message'))) +
  (await writeReactions(context, of(records, 'reaction'))) +
  (await writeReads(context, of(records, 'read'))) +
  (await writeOrganizations(context, of(records, 'organization'))) +
  (await writeSeats(context, of(records, 'organization_member'))) +
  (await writeLeases(context, of(records, 'lease')));
