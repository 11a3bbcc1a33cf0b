import type { Bus } from '@parley/bus';
import {
  AccountDeleted,
  type AccountId,
  type Auth,
  type Client,
  type Realm,
  auth,
  everyScopeOf,
  topics,
} from '@parley/contracts';
import { migrate, type Database } from '@parley/postgres';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import { accountsOf } from './accounts.js';
import { announceOn } from './announce.js';
import type { TopicsConfig } from './config.js';
import type { Deps } from './deps.js';
import { handlers } from './handlers.js';
import { postgresChannels } from './store/channels.postgres.js';
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

/** Migrates, then answers the contract and hears of deleted accounts until stopped. */
export const startTopics = async (
  config: TopicsConfig,
  { bus, database, log, metrics }: TopicsDeps,
): Promise<{ stop(): Promise<void> }> => {
  await migrate(database, migrations);
  const owners = { auth: bus.client(auth) };
  const deps: Deps = {
    channels: postgresChannels(database),
    members: postgresMembers(database),
    accounts: accountsOf(owners.auth),
    announce: announceOn(bus),
    limits: config,
  };
  const forgetting = await forgetDeleted(deps, owners, bus, log);
  metrics?.counter('parley_forget_failures_total', 'Deleted accounts of which something remains here', {
    read: forgetting.failures,
  });
  const serving = await bus.serve(topics, handlers(deps));
  return {
    stop: async () => {
      await serving.stop();
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
    const principal = { kind: 'system', realm, service: 'topics' } as const;
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
    { queue: 'topics' },
  );
  return {
    failures: () => failures,
    stop: async () => {
      listening.stop();
      await Promise.all(running);
    },
  };
};
