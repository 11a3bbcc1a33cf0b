import type { Bus } from '@parley/bus';
import type { ImportGate } from '@parley/postgres';
import type { Log } from '@parley/runtime';
import type { AuthConfig } from './config.js';
import type { Hasher } from './passwords/hasher.js';
import type { Accounts } from './store/accounts.js';
import type { AccountImports } from './store/imports.js';
import type { IdempotentRequests } from './store/idempotent-requests.js';
import type { PreferencesStore } from './store/preferences.js';
import type { Sessions } from './store/sessions.js';
import type { Tickets } from './store/tickets.js';
import type { KeyRing } from './tokens/key-ring.js';
import type { Secrets } from './tokens/secrets.js';

/** Everything that use cases depend on. No function takes it whole: each names the part that it needs. */
export interface AuthDeps {
  readonly config: AuthConfig;
  readonly bus: Pick<Bus, 'publish'>;
  readonly log: Log;
  readonly clock: () => number;
  readonly hasher: Hasher;
  readonly secrets: Secrets;
  readonly keyRing: KeyRing;
  readonly accounts: Accounts;
  readonly preferences: PreferencesStore;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly requests: IdempotentRequests;
  readonly imports: AccountImports;
  /** Refuses a realm that is being imported. */
  readonly importGate: ImportGate;
}
