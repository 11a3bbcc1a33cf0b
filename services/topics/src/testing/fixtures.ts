import { inProcessBus, type Bus } from '@parley/bus';
import {
  auth,
  ChannelChanged,
  contract,
  everyScopeOf,
  MemberAdded,
  MemberChanged,
  MemberRemoved,
  topics,
  type AccountId,
  type AccountPrincipal,
  type AccountSummary,
  type Client,
  type BusEvent,
  type Scope,
  type SessionId,
  type SystemPrincipal,
  type Topics,
} from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { freshDatabase, type FreshDatabase } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { migrations, startTopics, TopicsConfig } from '../service.js';

/** An account; every call takes it as the caller. */
export interface Somebody {
  readonly id: AccountId;
  readonly principal: AccountPrincipal;
}

export interface Received {
  readonly event: BusEvent;
  readonly along: Scope['kind'];
}

export interface Given extends AsyncDisposable {
  readonly bus: Bus;
  readonly database: FreshDatabase;
  /** The names of the statements and transactions so far. */
  readonly statements: string[];
  readonly topics: Client<Topics>;
  /** Every event published so far, once per scope. */
  readonly received: Received[];
  readonly system: { readonly principal: SystemPrincipal };
  account(name: string, realm?: string): Somebody;
  /** From now on auth reports the account as deleted. */
  forget(somebody: Somebody): void;
  checkAccounts(): Promise<void>;
  /** The member events published on the channel's scope, by their version. */
  storyOf(channelId: string): string[];
}

/** Topics on a real database and the in-process bus, with a fake of the two operations of auth that it calls. */
export const givenTopics = async (env: Record<string, string> = {}): Promise<Given> => {
  const database = await freshDatabase({ schema: 'topics', migrations });
  const statements: string[] = [];
  const bus = inProcessBus();
  const accounts = new Map<string, AccountSummary & { realm: string }>();
  const gone = new Set<AccountId>();
  await standInForAuth(bus, accounts, gone);
  const received = await hearEverything(bus);
  const service = await startTopics(TopicsConfig.parse(env), {
    bus,
    database: { ...database, meter: (operation) => void statements.push(operation) },
    log: createLog({ service: 'topics', level: 'error' }),
  });
  return {
    bus,
    database,
    statements,
    topics: bus.client(topics),
    received,
    system: { principal: { kind: 'system', realm: 'main', service: 'gateway' } },
    account: (name, realm = 'main') => {
      const somebody = anAccount(name, realm, accounts.size + 1);
      accounts.set(somebody.id, { ...somebody.principal, id: somebody.id });
      return somebody;
    },
    forget: ({ id }) => void (accounts.delete(id) && gone.add(id)),
    checkAccounts: service.checkAccounts,
    storyOf: (channelId) =>
      received
        .flatMap(({ event, along }) =>
          along === 'channel' && isAboutMembers(event) && event.channel.id === channelId ? event : [],
        )
        .sort((one, other) => one.channel.membershipVersion - other.channel.membershipVersion)
        .map((event) => `${event.channel.membershipVersion} ${event.name}`),
    [Symbol.asyncDispose]: async () => {
      await service.stop();
      await bus.drain();
      await database[Symbol.asyncDispose]();
    },
  };
};

const anAccount = (name: string, realm: string, number: number): Somebody => {
  const id = randomUUID() as AccountId;
  const sessionId = randomUUID() as SessionId;
  return {
    id,
    principal: { kind: 'account', realm, dialect: 'v1', accountId: id, number, handle: id, name, sessionId },
  };
};

const standInForAuth = async (
  bus: Bus,
  accounts: Map<string, AccountSummary & { realm: string }>,
  gone: ReadonlySet<AccountId>,
): Promise<void> => {
  const { lookup, deleted } = auth.nouns.account;
  await bus.serve(contract('auth', { account: { lookup, deleted } }), {
    account: {
      lookup: async ({ ids }, { principal }) =>
        ids.flatMap((id) => {
          const account = accounts.get(id);
          return account?.realm === principal.realm ? account : [];
        }),
      deleted: async ({ ids }) => ids.filter((id) => gone.has(id)),
    },
  });
};

const isAboutMembers = (event: BusEvent) =>
  event.name === 'member.added' || event.name === 'member.changed' || event.name === 'member.removed';

const hearEverything = async (bus: Bus): Promise<Received[]> => {
  const received: Received[] = [];
  const record = (along: Scope['kind']) => (event: BusEvent) => void received.push({ event, along });
  for (const along of ['channel', 'account'] as const) {
    await bus.listen(everyScopeOf('member.added', along), MemberAdded, record(along));
    await bus.listen(everyScopeOf('member.changed', along), MemberChanged, record(along));
    await bus.listen(everyScopeOf('member.removed', along), MemberRemoved, record(along));
    await bus.listen(everyScopeOf('channel.changed', along), ChannelChanged, record(along));
  }
  return received;
};
