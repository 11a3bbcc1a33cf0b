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
import { freshServiceDatabase } from '@parley/testing';
import { ChatConfig, startChat } from '../service.js';
import { type GivenOwners, startOwners } from './owners.js';

export interface Received {
  readonly event: BusEventNamed<'message.created'>;
  readonly scopeKind: Scope['kind'];
}

/** Any event that chat published. */
export interface ReceivedEvent {
  readonly event: BusEvent;
  readonly scopeKind: Scope['kind'];
}

export interface GivenChats extends AsyncDisposable {
  readonly chat: Client<Chat>;
  /** Of chat. */
  readonly database: Database;
  /** Every message published so far, once for each scope. */
  readonly received: Received[];
  /** Every change of a message and of a position. */
  readonly events: ReceivedEvent[];
  readonly system: { readonly principal: SystemPrincipal };
  /** Runs on all replicas concurrently. */
  readonly removeOld: () => Promise<void>;
}

export type Given = GivenOwners & GivenChats;

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

/** Replicas of chat beside auth and topics, on one fresh database and the in-process bus. */
export const givenChat = async (options: GivenOptions = {}): Promise<Given> => {
  const fresh = await freshServiceDatabase();
  const owners = await startOwners(fresh.url, log);
  const chats = await startChats(owners.bus, fresh.url, options);
  return {
    ...owners,
    ...chats,
    [Symbol.asyncDispose]: async () => {
      for (const each of [chats, owners, fresh]) await each[Symbol.asyncDispose]();
    },
  };
};

/** Chat without auth and topics, for what it does by itself. */
export const givenChatAlone = async (): Promise<GivenChats> => {
  const fresh = await freshServiceDatabase();
  const bus = inProcessBus({ log });
  const chats = await startChats(bus, fresh.url);
  return {
    ...chats,
    [Symbol.asyncDispose]: async () => {
      await chats[Symbol.asyncDispose]();
      await bus.drain();
      await fresh[Symbol.asyncDispose]();
    },
  };
};

const startChats = async (
  bus: Bus,
  databaseUrl: string,
  { replicas = 1, env = {}, clock = Date.now }: GivenOptions = {},
): Promise<GivenChats> => {
  const database = connectDatabase({ url: databaseUrl, schema: 'chat', log });
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
      const own: Database = connectDatabase({ url: databaseUrl, schema: 'chat', log });
      const service = await startChat(ChatConfig.parse(env), { bus, database: own, log, clock });
      return { own, service };
    }),
  );
  return {
    chat: bus.client(chat),
    database,
    received,
    events,
    system: { principal: { kind: 'system', realm: 'main', service: 'gateway' } },
    removeOld: async () => void (await Promise.all(started.map(({ service }) => service.removeOld()))),
    [Symbol.asyncDispose]: async () => {
      for (const { service, own } of started) {
        await service.stop();
        await own.close();
      }
      await database.close();
    },
  };
};

let numbers = 0;

/** What an access token vouches for. Auth does not know the account: it writes in rooms, but is no member and no partner. */
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
