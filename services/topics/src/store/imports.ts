import type { ChannelSnapshot, ImportedChannel, ImportedMember } from '@parley/contracts';
import type { ImportKey, ImportLedger } from '@parley/postgres';

export interface ChannelImports extends Pick<ImportLedger, 'isImporting'> {
  begin(wanted: ImportKey & { readonly source: string }): ReturnType<ImportLedger['begin']>;
  /**
   * Adds the channels that are not there yet, direct ones with their members, and returns how many those are. `conflict` `slug_taken`,
   * `number_taken`, `pair_taken`: then it adds none.
   */
  addChannels(key: ImportKey, channels: readonly ImportedChannel[]): Promise<number>;
  /** `not_found` `channel_not_found` when a channel is not of this realm. */
  addMembers(key: ImportKey, members: readonly ImportedMember[]): Promise<number>;
  /** By number, after `after`. */
  snapshots(key: ImportKey, after: number, limit: number): Promise<ChannelSnapshot[]>;
  finish(key: ImportKey): ReturnType<ImportLedger['finish']>;
}
