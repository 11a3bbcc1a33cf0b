import type { ChannelSnapshot, ImportedMessage, ImportedReaction, ImportedReceipt } from '@parley/contracts';
import type { ImportKey, ImportLedger } from '@parley/postgres';

export interface MessageImports {
  begin(wanted: ImportKey & { readonly source: string }): ReturnType<ImportLedger['begin']>;
  /** Returns how many were not there yet. */
  addStreams(key: ImportKey, channels: readonly ChannelSnapshot[]): Promise<number>;
  /**
   * Appends those that are not there yet, in their order. `numbers` has the number of each. `not_found` `channel_not_found` for a channel
   * without a stream; `invalid` `not_direct` for encrypted content outside of direct channels.
   */
  addMessages(
    key: ImportKey,
    messages: readonly ImportedMessage[],
    readBySender: boolean,
  ): Promise<{ readonly added: number; readonly numbers: number[] }>;
  /** Appends those that are not there yet and whose message is there. Returns how many those are. */
  addReactions(key: ImportKey, reactions: readonly ImportedReaction[]): Promise<number>;
  /** Moves positions forward, never back; ignores messages that are not there. Returns how many positions moved. */
  addReceipts(key: ImportKey, receipts: readonly ImportedReceipt[]): Promise<number>;
  finish(key: ImportKey): ReturnType<ImportLedger['finish']>;
}
