import type { ConnectionView } from '../protocol/dialect.js';
import type { Joining } from '../streams/member.js';
import type { KeyedQueue } from '../timing/keyed-queue.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import type { Authenticated } from './authenticated.js';
import type { FrameBacklog } from './frame-backlog.js';
import type { QueuedCommand } from './queued-command.js';

/** The first frame must carry the credentials. */
interface Unauthenticated {
  readonly phase: 'unauthenticated';
  readonly upgrade: AcceptedUpgrade;
  readonly closeBy: number;
}

/** The gateway verifies the credentials, and the dialect looks up what the connection receives. */
interface Opening<C> {
  readonly phase: 'opening';
  /** null: the credentials are not verified yet. */
  authenticated: Authenticated<C> | null;
  /** Frames that arrive meanwhile. */
  waiting: FrameBacklog | null;
  /** Channels that its account joined meanwhile. */
  joined: Joining[] | null;
}

/** Its frames are commands. */
interface Open<C> {
  readonly phase: 'open';
  readonly authenticated: Authenticated<C>;
  /** Frames that wait because of a limit, in dialects that delay bursts; reading is paused meanwhile. */
  waiting: FrameBacklog | null;
  /** When the waiting frames are tried again; null: at no time. */
  releaseAt: number | null;
  /** null: no command is in progress. */
  commands: KeyedQueue<QueuedCommand> | null;
  peering: ConnectionView['peering'];
  /** It was opened for its channels only, and closes with the last of them. */
  readonly closesWhenDetached: boolean;
}

/** The gateway has sent the close frame. */
interface Closing<C> {
  readonly phase: 'closing';
  readonly authenticated: Authenticated<C> | null;
  readonly terminateAt: number;
}

interface Closed<C> {
  readonly phase: 'closed';
  readonly authenticated: Authenticated<C> | null;
}

/** A connection never returns to an earlier phase. Times are monotonic milliseconds. */
export type ConnectionState<C> = Unauthenticated | Opening<C> | Open<C> | Closing<C> | Closed<C>;
export type Phase = ConnectionState<never>['phase'];

/** When the phase itself is due; Infinity: never. */
export const dueAtOf = (state: ConnectionState<never>): number => {
  switch (state.phase) {
    case 'unauthenticated':
      return state.closeBy;
    case 'opening':
      return state.authenticated?.expiresAt ?? Infinity;
    case 'open': {
      const { releaseAt, authenticated } = state;
      const { expiresAt, inbox } = authenticated;
      return Math.min(expiresAt ?? Infinity, releaseAt ?? Infinity, inbox?.dueAt ?? Infinity);
    }
    case 'closing':
      return state.terminateAt;
    case 'closed':
      return Infinity;
  }
};
