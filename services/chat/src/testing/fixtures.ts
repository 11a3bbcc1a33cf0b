import { randomUUID } from 'node:crypto';
import { type Bus, inProcessBus } from '@parley/bus';
import {
  type AccountId,
  type AccountPrincipal,
  type Chat,
  type Client,
  type BusEventNamed,
  BusEvent,
  MessageCreated,
  type Scope,
  type SessionId,
  type SystemPrincipal,
  chat,
  everyScopeOf,
} from '@parley/contracts';
import { type Database, connectDatabase } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import { type FreshDatabase, freshDatabase } from '@parley/testing';
import { ChatConfig, migrations, startChat } from '../service.js';
import { fakeNames } from './fake-names.js';
import { type FakeTopics, fakeTopics } from './fake-topics.js';

export interface Received {
  readonly event: BusEventNamed<'message.created'>;
  readonly scopeKind: Scope['kind'];
}

/** Any event that chat published. */
export interface ReceivedEvent {
  readonly event: BusEvent;
  readonly scopeKind: Scope['kind'];
}

export interface Given extends AsyncDisposable {
  readonly bus: Bus;
  readonly chat: Client<Chat>;
  readonly topics: FakeTopics;
  readonly database: FreshDatabase;
  /** Every message published so far, once for each scope. */
  readonly received: Received[];
  /** Every change of a message and of a position. */
  readonly events: ReceivedEvent[];
  /** The accounts that auth knows by these user names. */
  readonly usernames: Map<string, AccountId>;
  readonly system: { readonly principal: SystemPrincipal };
  /** Runs on all replicas concurrently. */
  readonly removeOld: () => Promise<void>;
}

export interface GivenOptions {
  /** The in-process bus distributes calls round-robin, so that two calls in a row reach two replicas. */
  readonly replicas?: number;
  readonly env?: Record<string, string>;
  readonly clock?: () => number;
}

const changeNames = [
  ...['message.edited', 'message.deleted', 'reaction.added', 'reaction.removed', 'message.pinned', 'message.unpinned'],
  'receipt.changed',
];

const log = createLog({ service: 'chat', level: 'silent' });

/** Replicas of chat on one fresh database and the in-process bus. */
export const givenChat = async ({ replicas = 1, env = {}, clock = Date.now }: GivenOptions = {}): Promise<Given> => {
  const database = await freshDatabase({ schema: 'chat', migrations });
  const bus = inProcessBus({ log });
  const topics = await fakeTopics(bus);
  const usernames = await fakeNames(bus);
  const received: Received[] = [];
  const events: ReceivedEvent[] = [];
  for (const scopeKind of ['channel', 'account'] as const) {
    await bus.listen(
      everyScopeOf('message.created', scopeKind),
      MessageCreated,
      (event) => void received.push({ event, scopeKind }),
    );
    for (const name of changeNames)
      await bus.listen(everyScopeOf(name, scopeKind), BusEvent, (event) => void events.push({ event, scopeKind }));
  }
  const started = await Promise.all(
    Array.from({ length: replicas }, async () => {
      const own: Database = connectDatabase({ url: database.url, schema: 'chat', log });
      const service = await startChat(ChatConfig.parse(env), { bus, database: own, log, clock });
      return { own, service };
    }),
  );
  return {
    bus,
    chat: bus.client(chat),
    topics,
    database,
    received,
    events,
    usernames,
    system: { principal: { kind: 'system', realm: 'main', service: 'gateway' } },
    removeOld: async () => void (await Promise.all(started.map(({ service }) => service.removeOld()))),
    [Symbol.asyncDispose]: async () => {
      for (const { service, own } of started) {
        await service.stop();
        await own.close();
      }
      await bus.drain();
      await database[Symbol.asyncDispose]();
    },
  };
};

let numbers = 0;

export const anAccount = (name = 'ada', realm = 'main'): AccountPrincipal => {
  const id = randomUUID() as AccountId;
  numbers += 1;
  return {
    kind: 'account',
    realm,
    dialect: 'v1',
    accountId: id,
    number: numbers,
    handle: id,
    name,
    sessionId: randomUUID() as SessionId,
  };
};

export const says = (text: string) => ({ type: 'text' as const, text });
