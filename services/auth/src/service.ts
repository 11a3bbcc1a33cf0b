import type { Bus } from '@parley/bus';
import { auth } from '@parley/contracts';
import { createImportGate, type Database, migrate } from '@parley/postgres';
import { startJobs } from '@parley/runtime';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import type { AuthConfig } from './config.js';
import type { AuthDeps } from './deps.js';
import type { RotationPolicy } from './domain/key-rotation.js';
import * as handlers from './handlers.js';
import { exposeAuth } from './metrics.js';
import { createOutcomes } from './outcomes.js';
import { createHasher } from './passwords/hasher.js';
import { openSharedClock } from './store/clock.postgres.js';
import { postgresAccounts } from './store/accounts.postgres.js';
import { postgresImports } from './store/imports.postgres.js';
import { postgresIdempotentRequests } from './store/idempotent-requests.postgres.js';
import { fillNameKeys } from './store/names.postgres.js';
import { postgresKeys } from './store/keys.postgres.js';
import { postgresPreferences } from './store/preferences.postgres.js';
import { postgresSessions } from './store/sessions.postgres.js';
import { postgresSweep } from './store/sweep.postgres.js';
import { postgresTickets } from './store/tickets.postgres.js';
import { openKeyRing } from './tokens/key-ring.js';
import { deriveSecrets } from './tokens/secrets.js';

export { migrations } from '../migrations/index.js';
export { AuthConfig, ignoredVariables } from './config.js';
export { WrongSecretError } from './tokens/key-ring.js';

export interface AuthServiceDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Epoch milliseconds; default: PostgreSQL's time. */
  readonly clock?: () => number;
}

export interface AuthService {
  /** The job that runs each minute: rotates the signing keys when that is due, and reads them again. */
  turnKeys(): Promise<void>;
  /** The job that runs each minute: removes unusable rows batch by batch, until none is left or after `sweepBatchesMax` batches. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

const waitingHashesMax = 200;
const publishAheadMs = 10 * 60_000;
const keysEveryMs = 60_000;
const clockEveryMs = 30_000;

/** A minute between sweeps, each up to 8,000 rows of a kind in a second: more than all clients together can make auth write. */
const sweepEveryMs = 60_000;
const sweepBatch = 5_000;
const sweepBatchesMax = 100;

/** Migrates, opens the keys, serves the contract. Rejects with a WrongSecretError when the keys were sealed with another secret. */
export const startAuth = async (config: AuthConfig, given: AuthServiceDeps): Promise<AuthService> => {
  const { bus, database, log } = given;
  await migrate(database, migrations);
  await fillNameKeys(database);
  const shared = await openSharedClock(database);
  const deps = await compose(config, given, given.clock ?? shared.now);
  const guards = handlers.createGuards(deps, createOutcomes(given.metrics));
  const serving = await bus.serve(auth, {
    import: handlers.importHandlers(deps, guards),
    account: handlers.accountHandlers(deps, guards),
    token: { ...handlers.signInHandlers(deps, guards), ...handlers.tokenHandlers(deps, guards) },
    session: handlers.sessionHandlers(deps, guards),
    request: handlers.requestHandlers(deps),
    ticket: handlers.ticketHandlers(deps, guards),
  });
  const sweepRows = postgresSweep(database);
  const turnKeys = (): Promise<void> => deps.keyRing.turn();
  const sweep = async (): Promise<void> => {
    // Replicas of an older release may still write accounts without name keys.
    await fillNameKeys(database);
    for (let batches = 0; batches < sweepBatchesMax; batches += 1) {
      const swept = await sweepRows(new Date(deps.clock()), sweepBatch);
      if (!swept) return;
      log.debug({ swept }, 'Swept what had expired');
      if (Object.values(swept).every((count: number) => count < sweepBatch)) return;
    }
  };
  const jobs = startJobs(
    [
      { name: 'signing keys', everyMs: keysEveryMs, work: turnKeys },
      { name: 'clock', everyMs: clockEveryMs, work: () => shared.adjust() },
      { name: 'sweep', everyMs: sweepEveryMs, work: sweep },
    ],
    log,
  );
  if (given.metrics) exposeAuth(given.metrics, { ...deps, failures: jobs.failures });
  return {
    turnKeys,
    sweep,
    stop: async () => {
      await serving.stop();
      await jobs.stop();
    },
  };
};

const compose = async (config: AuthConfig, given: AuthServiceDeps, clock: () => number): Promise<AuthDeps> => {
  const { bus, database, log } = given;
  const secrets = await deriveSecrets(config.secret);
  const imports = postgresImports(database);
  const policy: RotationPolicy = {
    signsMs: config.keyRotationMs,
    publishAheadMs,
    longestAccessMs: Math.max(...Object.values(config.accessLifeMs)),
  };
  return {
    config,
    bus,
    log,
    clock,
    secrets,
    hasher: await createHasher({ atOnce: config.hashesAtOnce, waitingMax: waitingHashesMax }),
    keyRing: await openKeyRing({ keys: postgresKeys(database), secrets, policy, clock }),
    accounts: postgresAccounts(database),
    preferences: postgresPreferences(database),
    sessions: postgresSessions(database),
    tickets: postgresTickets(database),
    requests: postgresIdempotentRequests(database),
    imports,
    importGate: createImportGate(imports),
  };
};
