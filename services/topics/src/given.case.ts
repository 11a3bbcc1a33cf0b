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
  type Fact,
  type Scope,
  type SessionId,
  type SystemPrincipal,
  type Topics,
} from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { freshDatabase, type FreshDatabase } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { migrations, startTopics, TopicsConfig } from './service.js';

/** An account that speaks: every call takes it as the caller. */
export interface Somebody {
  readonly id: AccountId;
  readonly principal: AccountPrincipal;
}

export interface Heard {
  readonly fact: Fact;
  readonly along: Scope['kind'];
}

export interface Given extends AsyncDisposable {
  readonly bus: Bus;
  readonly database: FreshDatabase;
  readonly topics: Client<Topics>;
  /** Every fact told so far; each once per scope. */
  readonly heard: Heard[];
  readonly system: { readonly principal: SystemPrincipal };
  account(name: string, realm?: string): Somebody;
  /** Auth says from now on that the account is deleted. */
  forget(somebody: Somebody): void;
  checkAccounts(): Promise<void>;
  /** The facts about members told to the channel's scope, by their version. */
  storyOf(channelId: string): string[];
}

/** Topics on a real database and the in-process bus, with a stand-in for the two nouns that it asks of auth. */
export const givenTopics = async (env: Record<string, string> = {}): Promise<Given> => {
  const database = await freshDatabase({ schema: 'topics', migrations });
  const bus = inProcessBus();
  const accounts = new Map<string, AccountSummary & { realm: string }>();
  const gone = new Set<AccountId>();
  await standInForAuth(bus, accounts, gone);
  const heard = await hearEverything(bus);
  const service = await startTopics(TopicsConfig.parse(env), {
    bus,
    database,
    log: createLog({ service: 'topics', level: 'error' }),
  });
  return {
    bus,
    database,
    topics: bus.client(topics),
    heard,
    system: { principal: { kind: 'system', realm: 'main', service: 'gateway' } },
    account: (name, realm = 'main') => {
      const somebody = anAccount(name, realm, accounts.size + 1);
      accounts.set(somebody.id, { ...somebody.principal, id: somebody.id });
      return somebody;
    },
    forget: ({ id }) => void (accounts.delete(id) && gone.add(id)),
    checkAccounts: service.checkAccounts,
    storyOf: (channelId) =>
      heard
        .flatMap(({ fact, along }) =>
          along === 'channel' && isAboutMembers(fact) && fact.channel.id === channelId ? fact : [],
        )
        .sort((one, other) => one.channel.membershipVersion - other.channel.membershipVersion)
        .map((fact) => `${fact.channel.membershipVersion} ${fact.name}`),
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

const isAboutMembers = (fact: Fact) =>
  fact.name === 'member.added' || fact.name === 'member.changed' || fact.name === 'member.removed';

const hearEverything = async (bus: Bus): Promise<Heard[]> => {
  const heard: Heard[] = [];
  const hear = (along: Scope['kind']) => (fact: Fact) => void heard.push({ fact, along });
  for (const along of ['channel', 'account'] as const) {
    await bus.listen(everyScopeOf('member.added', along), MemberAdded, hear(along));
    await bus.listen(everyScopeOf('member.changed', along), MemberChanged, hear(along));
    await bus.listen(everyScopeOf('member.removed', along), MemberRemoved, hear(along));
    await bus.listen(everyScopeOf('channel.changed', along), ChannelChanged, hear(along));
  }
  return heard;
};
