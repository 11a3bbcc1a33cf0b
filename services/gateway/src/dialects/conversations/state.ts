import type { ChannelSnapshot } from '@parley/contracts';

/** The state of a connection of this dialect, which is in one conversation from its first frame to its last. */
export interface ConversationState {
  readonly conversation: ChannelSnapshot;
}
