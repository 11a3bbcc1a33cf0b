import type { Bus } from '@parley/bus';
import {
  AccountDeleted,
  type AccountId,
  type Auth,
  type Client,
  type Realm,
  auth,
  everyScopeOf,
  gatewayLapseMs,
  signaling,
} from '@parley/contracts';
import { migrate, type Database } from '@parley/postgres';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import { announceOn } from './announce.js';
import type { SignalingConfig } from './config.js';
import type { Deps } from './deps.js';
import { handlers } from './handlers.js';
import { exposeUsage } from './metrics.js';
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

/** Migrates, then answers the contract, hears of deleted accounts and looks for silent gateways until stopped. */
export const startSignaling = async (
  _config: SignalingConfig,
  { bus, database, log, metrics }: SignalingDeps,
): Promise<{ stop(): Promise<void> }> => {
  await migrate(database, migrations);
  const owners = { auth: bus.client(auth) };
  const deps: Deps = {
    organizations: postgresOrganizations(database),
    leases: postgresLeases(database),
    peers: postgresPeers(database),
    announce: announceOn(bus),
    me: (context) => owners.auth.account.me({}, context),
  };
  const forgetting = await forgetDeleted(deps, owners, bus, log);
  metrics?.counter('parley_forget_failures_total', 'Deleted accounts of which something remains here', {
    read: forgetting.failures,
  });
  const serving = await bus.serve(signaling, handlers(deps));
  const sweeping = startSweeper(sweepGateways(deps, gatewayLapseMs), sweepEveryMs, log);
  const usage = metrics && exposeUsage(metrics, usageInPostgres(database), log);
  return {
    stop: async () => {
      usage?.stop();
      await serving.stop();
      await sweeping.stop();
      await forgetting.stop();
    },
  };
};

interface Forgetting {
  failures(): number;
  stop(): Promise<void>;
}

/**
 * One replica hears of each deleted account and asks auth whether it is gone: an event alone removes nothing. What it cannot finish is
 * logged; repeating the event finishes it.
 */
const forgetDeleted = async (
  deps: Deps,
  owners: { readonly auth: Client<Auth> },
  bus: Bus,
  log: Log,
): Promise<Forgetting> => {
  const forget = forgetAccount(deps);
  const isGone = async (realm: Realm, accountId: AccountId): Promise<boolean> => {
    const principal = { kind: 'system', realm, service: 'signaling' } as const;
    const found = await owners.auth.account.lookup({ ids: [accountId] }, { principal });
    if (found.length > 0)
      log.error({ realm, accountId }, 'an account that exists was reported as deleted; nothing was removed');
    return found.length === 0;
  };
  let failures = 0;
  const running = new Set<Promise<void>>();
  const listening = await bus.listen(
    everyScopeOf('account.deleted', 'account'),
    AccountDeleted,
    ({ realm, accountId }) => {
      const run = isGone(realm, accountId)
        .then((gone) => (gone ? forget(realm, accountId) : undefined))
        .catch((error: unknown) => {
          failures += 1;
          log.error({ err: error, realm, accountId }, 'memberships of a deleted account remain');
        })
        .finally(() => running.delete(run));
      running.add(run);
    },
    { queue: 'signaling' },
  );
  return {
    failures: () => failures,
    stop: async () => {
      listening.stop();
      await Promise.all(running);
    },
  };
};
