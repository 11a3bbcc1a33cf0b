import type { DialectName, Realm } from '@parley/contracts';
import type { ConnectionSlot } from '../limits/connection-limits.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import type { Credentials } from '../protocol/command.js';

/** What the HTTP upgrade established about a connection: its dialect, and the credentials that its client presented. */
export interface AcceptedUpgrade {
  readonly dialect: DialectName;
  readonly adapter: SocketAdapter;
  readonly params: Readonly<Record<string, string>>;
  /** Realms whose tokens are accepted, the dialect's own first. */
  readonly realms: readonly Realm[];
  /** Whether the connection stays open when its token expires. */
  readonly outlivesToken: boolean;
  readonly credentials: Credentials | null;
  /** Its slot in the connection limits. */
  readonly slot: ConnectionSlot;
}
