import type { Bus } from '@parley/bus';
import { AccountDeleted, everyScopeOf, signaling } from '@parley/contracts';
import { migrate, type Database } from '@parley/postgres';
import type { Log } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import type { SignalingConfig } from './config.js';
import { handlers } from './handlers.js';
import type { Organizations } from './store/organizations.js';
import { postgresOrganizations } from './store/organizations.postgres.js';

export { SignalingConfig } from './config.js';
export { migrations };

export interface SignalingDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Log;
}

/** Migrates, then answers the contract and hears of deleted accounts until stopped. */
export const startSignaling = async (
  _config: SignalingConfig,
  { bus, database, log }: SignalingDeps,
): Promise<{ stop(): Promise<void> }> => {
  await migrate(database, migrations);
  const organizations = postgresOrganizations(database);
  const forgetting = await forgetDeleted(organizations, bus, log);
  const serving = await bus.serve(signaling, handlers({ organizations }));
  return {
    stop: async () => {
      await serving.stop();
      await forgetting.stop();
    },
  };
};

/** One replica hears of each deleted account. What it cannot finish is logged; repeating the fact finishes it. */
const forgetDeleted = async (organizations: Organizations, bus: Bus, log: Log): Promise<{ stop(): Promise<void> }> => {
  const running = new Set<Promise<void>>();
  const listening = await bus.listen(
    everyScopeOf('account.deleted', 'account'),
    AccountDeleted,
    ({ realm, accountId }) => {
      const run = organizations
        .forget(realm, accountId)
        .catch((error: unknown) =>
          log.error({ err: error, realm, accountId }, 'memberships of a deleted account remain'),
        )
        .finally(() => running.delete(run));
      running.add(run);
    },
    { queue: 'signaling' },
  );
  return {
    stop: async () => {
      listening.stop();
      await Promise.all(running);
    },
  };
};
