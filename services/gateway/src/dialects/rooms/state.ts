import type { ChannelSnapshot } from '@parley/contracts';

/** The state of a connection of this dialect, which is in one room from its first frame to its last. */
export interface RoomState {
  readonly room: ChannelSnapshot;
}
