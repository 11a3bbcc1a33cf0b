import { type Bus, forgetDeletedAccounts } from '@parley/bus';
import { auth, everyScopeOf, gatewayLapseMs, signaling } from '@parley/contracts';
import { migrate, type Database } from '@parley/postgres';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import { announceOn } from './announce.js';
import type { SignalingConfig } from './config.js';
import type { Deps } from './deps.js';
import { handlers } from './handlers.js';
import { exposeUsage } from './metrics.js';
import { postgresImports } from './store/imports.postgres.js';
import { postgresLeases } from './store/leases.postgres.js';
import { postgresOrganizations } from './store/organizations.postgres.js';
import { postgresPeers } from './store/peers.postgres.js';
import { usageInPostgres } from './store/usage.postgres.js';
import { startSweeper } from './sweeper.js';
import { forgetAccount } from './use-cases/forget-account.js';
import { sweepGateways } from './use-cases/sweep-gateways.js';

export { SignalingConfig } from './config.js';
export { migrations };

export interface SignalingDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Log;
  readonly metrics?: Metrics;
}

const sweepEveryMs = 1_000;

export interface SignalingService {
  /** Asks auth which accounts were deleted, as the timer does. */
  readonly checkAccounts: () => Promise<void>;
  stop(): Promise<void>;
}

/** Migrates, then serves the contract, follows deletions of accounts and sweeps silent gateways until stopped. */
export const startSignaling = async (
  config: SignalingConfig,
  { bus, database, log, metrics }: SignalingDeps,
): Promise<SignalingService> => {
  await migrate(database, migrations);
  const owners = { auth: bus.client(auth) };
  const deps: Deps = {
    organizations: postgresOrganizations(database),
    leases: postgresLeases(database),
    peers: postgresPeers(database),
    imports: postgresImports(database),
    announce: announceOn(bus),
    me: (context) => owners.auth.account.me({}, context),
  };
  const forgetting = await forgetDeletedAccounts({
    bus,
    subject: everyScopeOf('account.deleted', 'account'),
    service: 'signaling',
    log,
    deletedOf: (realm, ids) =>
      owners.auth.account.deleted({ ids: [...ids] }, { principal: { kind: 'system', realm, service: 'signaling' } }),
    held: deps.organizations.held,
    forget: forgetAccount(deps),
    checkEveryMs: config.accountCheckMs,
  });
  metrics?.counter('parley_forget_failures_total', 'Deleted accounts of which something remains here', {
    read: forgetting.failures,
  });
  const serving = await bus.serve(signaling, handlers(deps));
  const sweeping = startSweeper(sweepGateways(deps, gatewayLapseMs), sweepEveryMs, log);
  const usage = metrics && exposeUsage(metrics, usageInPostgres(database), log);
  return {
    checkAccounts: forgetting.check,
    stop: async () => {
      usage?.stop();
      await serving.stop();
      await sweeping.stop();
      await forgetting.stop();
    },
  };
};
