import type { DialectName, Realm } from '@parley/contracts';
import type { ConnectionSlot } from '../limits/connection-limits.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import type { Credentials } from '../protocol/command.js';

/** What the HTTP upgrade found out about a connection: its dialect, and the credentials that its client showed. */
export interface AcceptedUpgrade {
  readonly dialect: DialectName;
  readonly adapter: SocketAdapter;
  readonly params: Readonly<Record<string, string>>;
  /** Realms of which a token is accepted, the dialect's own first. */
  readonly realms: readonly Realm[];
  /** Whether it stays open when its token expires. */
  readonly outlivesToken: boolean;
  readonly credentials: Credentials | null;
  /** Where it is counted. */
  readonly slot: ConnectionSlot;
}
