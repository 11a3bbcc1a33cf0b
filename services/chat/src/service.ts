import type { Bus } from '@parley/bus';
import { chat, topics } from '@parley/contracts';
import { type Database, migrate } from '@parley/postgres';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import type { ChatConfig } from './config.js';
import type { Stored } from './domain/message.js';
import { handlers } from './handlers.js';
import { followMembership } from './membership.js';
import { GroupCommitter } from './store/group-committer.js';
import { inboxInPostgres } from './store/inbox.postgres.js';
import type { Prepared } from './store/messages.js';
import { messagesInPostgres } from './store/messages.postgres.js';
import { receiptsInPostgres } from './store/receipts.postgres.js';
import { streamsInPostgres } from './store/streams.postgres.js';
import { createAuthorizer } from './use-cases/authorize.js';

export { ChatConfig } from './config.js';
export { migrations };

export interface ChatDeps {
  readonly bus: Bus;
  readonly database: Database;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
}

/** Migrates, answers the contract, follows membership; resolves when calls are answered. */
export const startChat = async (config: ChatConfig, deps: ChatDeps): Promise<{ stop(): Promise<void> }> => {
  const { bus, database, log, clock = Date.now } = deps;
  await migrate(database, migrations);

  const authorizer = createAuthorizer({ topics: bus.client(topics), maxAgeMs: config.authorizeCacheMs, clock });
  const messages = messagesInPostgres(database);
  const committer = new GroupCommitter<Prepared, Stored>({
    ...config,
    append: messages.append,
    // Deadlines are the callers', so they are compared with real time whatever the clock of a test says.
    clock: Date.now,
    onRetry: ({ size, attempt, fault }) =>
      log.warn({ size, attempt, reason: fault.reason, err: fault.cause }, 'a group could not be committed yet'),
  });
  const membership = await followMembership(bus, authorizer);
  const serving = await bus.serve(
    chat,
    handlers({
      authorizer,
      messages,
      committer,
      streams: streamsInPostgres(database),
      inbox: inboxInPostgres(database),
      receipts: receiptsInPostgres(database),
      facts: bus,
    }),
  );
  return {
    stop: async () => {
      await serving.stop();
      await committer.idle();
      membership.stop();
    },
  };
};
