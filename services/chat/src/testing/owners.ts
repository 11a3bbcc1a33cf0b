import { randomUUID } from 'node:crypto';
import { type Bus, inProcessBus } from '@parley/bus';
import {
  type AccountId,
  type AccountPrincipal,
  type Channel,
  type ChannelId,
  type MemberRole,
  type SessionId,
  auth,
  topics,
} from '@parley/contracts';
import type { Log } from '@parley/runtime';
import { droppingBus, interceptingBus, startAuthAndTopics } from '@parley/testing';

type NamedKind = 'room' | 'group' | 'topic';

/** What clients do with the channels of topics. */
export interface GivenTopics {
  /** The number of calls of `member.authorize` so far. */
  readonly asked: number;
  /** A channel with these members, all with the role `member`, besides the account that made and owns it. */
  channel(kind: NamedKind, members?: readonly AccountPrincipal[], realm?: string): Promise<Channel>;
  channels(count: number, kind: NamedKind, members?: readonly AccountPrincipal[]): Promise<Channel[]>;
  /** Ends a membership; with `isPublished: false` chat does not receive the event. */
  remove(channelId: ChannelId, accountId: AccountId, options?: { readonly isPublished: boolean }): Promise<void>;
  close(channelId: ChannelId): Promise<void>;
  setRole(channelId: ChannelId, accountId: AccountId, role: MemberRole): Promise<void>;
}

export interface GivenOwners extends AsyncDisposable {
  /** The bus of chat, on which auth and topics are served. */
  readonly bus: Bus;
  readonly topics: GivenTopics;
  /** Registers a device, which needs no password. */
  account(name?: string, realm?: string): Promise<AccountPrincipal>;
  /** So many accounts. */
  crowd(count: number): Promise<AccountPrincipal[]>;
  /** Registers a person with this user name, without a password. */
  person(username: string): Promise<AccountPrincipal>;
}

interface Faults {
  asked: number;
  /** Channels of which chat does not receive who was removed. */
  readonly lost: Set<string>;
}

/** As many at the same time as a service has connections to the database; more would wait for them. */
const atOnceMax = 5;

const several = async <T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = [];
  while (made.length < count) {
    const length = Math.min(atOnceMax, count - made.length);
    made.push(...(await Promise.all(Array.from({ length }, (_, n) => make(made.length + n)))));
  }
  return made;
};

/** Auth and topics on a database of `freshServiceDatabase` and an in-process bus. */
export const startOwners = async (databaseUrl: string, log: Log): Promise<GivenOwners> => {
  const bus = inProcessBus({ log });
  const faults: Faults = { asked: 0, lost: new Set() };
  const served = interceptingBus(bus, {
    intercept: ({ name }, answer) => {
      if (name === 'topics.member.authorize') faults.asked += 1;
      return answer();
    },
  });
  const services = await startAuthAndTopics({ databaseUrl, busOf: () => served, log });
  const { account: accounts } = bus.client(auth);
  const register = async (input: Parameters<typeof accounts.register>[0], realm = 'main') => {
    const { id, number, handle, name } = await accounts.register(input, {
      principal: { kind: 'anonymous', realm, dialect: 'v1' },
    });
    const sessionId = randomUUID() as SessionId;
    return { kind: 'account' as const, realm, dialect: 'v1' as const, accountId: id, number, handle, name, sessionId };
  };
  const account = (name = 'ada', realm = 'main') => register({ kind: 'device', handle: randomUUID(), name }, realm);
  return {
    bus: droppingBus(bus, (event) => event.name === 'member.removed' && faults.lost.has(event.channel.id)),
    topics: topicsOn(bus, account, faults),
    account,
    crowd: (count) => several(count, (n) => account(`number-${n}`)),
    person: (username) => register({ username }),
    [Symbol.asyncDispose]: async () => {
      await services[Symbol.asyncDispose]();
      await bus.drain();
    },
  };
};

const topicsOn = (bus: Bus, account: GivenOwners['account'], faults: Faults): GivenTopics => {
  const { channel: channels, member } = bus.client(topics);
  const ownerOf = new Map<string, Promise<AccountPrincipal>>();
  const owners = new Map<ChannelId, AccountPrincipal>();
  const byOwner = (channelId: ChannelId) => ({ principal: owners.get(channelId)! });
  let count = 0;
  const channel: GivenTopics['channel'] = async (kind, members = [], realm = 'main') => {
    const owning = ownerOf.get(realm) ?? account('owner', realm);
    ownerOf.set(realm, owning);
    const principal = await owning;
    const memberIds = members.map(({ accountId }) => accountId);
    const title = `${kind} ${(count += 1)}`;
    const created = await channels.create({ kind, title, memberIds }, { principal });
    owners.set(created.id, principal);
    return created;
  };
  return {
    get asked() {
      return faults.asked;
    },
    channel,
    channels: (count, kind, members) => several(count, () => channel(kind, members)),
    remove: async (channelId, accountId, { isPublished } = { isPublished: true }) => {
      if (!isPublished) faults.lost.add(channelId);
      await member.remove({ channelId, accountId }, byOwner(channelId));
    },
    close: async (channelId) => void (await channels.close({ channelId }, byOwner(channelId))),
    setRole: async (channelId, accountId, role) =>
      void (await member.setRole({ channelId, accountId, role }, byOwner(channelId))),
  };
};
