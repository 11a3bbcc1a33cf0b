import { type Bus, forgetDeletedAccounts } from '@parley/bus';
import { auth, everyScopeOf, topics } from '@parley/contracts';
import { createImportGate, migrate, type Database } from '@parley/postgres';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import { accountsOf } from './accounts.js';
import { announceOn } from './announce.js';
import type { TopicsConfig } from './config.js';
import type { Deps } from './deps.js';
import { handlers } from './handlers.js';
import { postgresChannels } from './store/channels.postgres.js';
import { postgresImports } from './store/imports.postgres.js';
import { postgresMembers } from './store/members.postgres.js';
import { forgetAccount } from './use-cases/forget-account.js';

export { TopicsConfig } from './config.js';
export { migrations };

export interface TopicsDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Log;
  readonly metrics?: Metrics;
}

export interface TopicsService {
  /** Asks auth which accounts were deleted, as the timer does. */
  readonly checkAccounts: () => Promise<void>;
  stop(): Promise<void>;
}

/** Migrates, then serves the contract and follows deletions of accounts until stopped. */
export const startTopics = async (
  config: TopicsConfig,
  { bus, database, log, metrics }: TopicsDeps,
): Promise<TopicsService> => {
  await migrate(database, migrations);
  const owners = { auth: bus.client(auth) };
  const imports = postgresImports(database);
  const deps: Deps = {
    imports,
    importGate: createImportGate(imports),
    channels: postgresChannels(database),
    members: postgresMembers(database),
    accounts: accountsOf(owners.auth),
    announce: announceOn(bus),
    limits: config,
  };
  const forgetting = await forgetDeletedAccounts({
    bus,
    subject: everyScopeOf('account.deleted', 'account'),
    service: 'topics',
    log,
    deletedOf: (realm, ids) =>
      owners.auth.account.deleted({ ids: [...ids] }, { principal: { kind: 'system', realm, service: 'topics' } }),
    held: deps.members.held,
    forget: forgetAccount(deps),
    checkEveryMs: config.accountCheckMs,
  });
  metrics?.counter('parley_forget_failures_total', 'Deleted accounts of which something remains here', {
    read: forgetting.failures,
  });
  const serving = await bus.serve(topics, handlers(deps));
  return {
    checkAccounts: forgetting.check,
    stop: async () => {
      await serving.stop();
      await forgetting.stop();
    },
  };
};
