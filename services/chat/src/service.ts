import type { Bus } from '@parley/bus';
import { auth, chat, topics } from '@parley/contracts';
import { type Database, migrate } from '@parley/postgres';
import { startJobs } from '@parley/runtime';
import type { Log, Metrics } from '@parley/runtime';
import { migrations } from '../migrations/index.js';
import { createAcknowledger } from './acknowledger.js';
import { createCommitter } from './committer.js';
import type { ChatConfig } from './config.js';
import { channelHandlers, deliveryHandlers, inboxHandlers, messageHandlers, receiptHandlers } from './handlers.js';
import { followMembership } from './membership.js';
import { createMemberCounts } from './member-counts.js';
import { createMentionResolver } from './mention-resolver.js';
import { createRetention } from './retention.js';
import { importsInPostgres } from './store/imports.postgres.js';
import { inboxInPostgres } from './store/inbox.postgres.js';
import { logInPostgres } from './store/log.postgres.js';
import { messagesInPostgres } from './store/messages.postgres.js';
import { deliveriesInPostgres } from './store/deliveries.postgres.js';
import { receiptsInPostgres } from './store/receipts.postgres.js';
import { retentionInPostgres } from './store/retention.postgres.js';
import { streamsInPostgres } from './store/streams.postgres.js';
import { createAuthorizer } from './use-cases/authorize.js';
import { importMessages } from './use-cases/import-messages.js';

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

export interface ChatService {
  /** The job that runs every ten minutes, unless messages are kept for ever. */
  readonly removeOld: () => Promise<void>;
  stop(): Promise<void>;
}

const retentionEveryMs = 10 * 60 * 1000;

/** Migrates, serves the contract, follows membership; resolves when it accepts calls. */
export const startChat = async (config: ChatConfig, deps: ChatDeps): Promise<ChatService> => {
  const { bus, database, log, metrics, clock = () => performance.now() } = deps;
  await migrate(database, migrations);

  const owners = { auth: bus.client(auth), topics: bus.client(topics) };
  const authorizer = createAuthorizer({ topics: owners.topics, maxAgeMs: config.authorizeCacheMs, clock });
  const entryLog = logInPostgres(database);
  const committer = createCommitter(config, { entryLog, log, metrics });
  const deliveries = deliveriesInPostgres(database);
  const acknowledger = createAcknowledger(config, { deliveries, log });
  const retention = createRetention(config.retentionMs, { retention: retentionInPostgres(database), log, metrics });
  const jobs = startJobs(
    config.retentionMs > 0 ? [{ name: 'retention', everyMs: retentionEveryMs, work: retention.run }] : [],
    log,
  );
  const membership = await followMembership(bus, authorizer);
  const messages = messagesInPostgres(database);
  const inbox = inboxInPostgres(database);
  const receipts = receiptsInPostgres(database);
  const mentions = createMentionResolver({ ...owners, log });
  const memberCounts = createMemberCounts({ topics: owners.topics, log });
  const { editWindowMs } = config;
  const serving = await bus.serve(chat, {
    message: messageHandlers({ authorizer, messages, entryLog, mentions, committer, events: bus, editWindowMs, log }),
    channel: channelHandlers({ authorizer, entryLog, streams: streamsInPostgres(database) }),
    inbox: inboxHandlers({ inbox, entryLog }),
    delivery: deliveryHandlers({ deliveries, inbox, acknowledger, receipts, memberCounts, events: bus }),
    receipt: receiptHandlers({ authorizer, messages, receipts, memberCounts, events: bus }),
    import: importMessages({ imports: importsInPostgres(database) }),
  });
  return {
    removeOld: retention.run,
    stop: async () => {
      await serving.stop();
      retention.stop();
      await jobs.stop();
      await Promise.all([committer.idle(), acknowledger.idle()]);
      membership.stop();
    },
  };
};
