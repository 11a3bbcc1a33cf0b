import { randomUUID } from 'node:crypto';
import { inProcessBus } from '@parley/bus';
import type { AccountPrincipal, ChannelId, ChannelSnapshot, Message } from '@parley/contracts';
import { connectDatabase } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import { freshServiceDatabase, type Interceptor, interceptingBus, startOwners } from '@parley/testing';
import pMap from 'p-map';
import { afterAll, beforeAll } from 'vitest';
import { type Core, coreOver } from '../core.js';
import { givenRealtime, type RealtimeFixture, upTo } from './fixtures.js';
import type { GivenAccount } from './principals.js';

const realm = 'main';
const system = { principal: { kind: 'system', realm, service: 'gateway' } } as const;
const anonymous = { principal: { kind: 'anonymous', realm, dialect: 'v1' } } as const;

const retentionDays = 30;
/** Of a crowd: more would wait for a connection to the database, and not be answered in time on a slow machine. */
export const callsMax = 8;

interface ServicesOptions {
  /** Operations that the services of this file do not serve, as those of an earlier release: `chat.channel.entries`. */
  readonly unserved?: readonly string[];
}

/**
 * Starts auth, topics, chat and signaling for the tests of a file, on one database and one bus in this process. Returns `givenRealtime`
 * with them behind it, and with what their other clients do.
 */
export const withServices = (options: ServicesOptions = {}) => {
  let services: Services;
  beforeAll(async () => {
    services = await startServices(options);
  });
  afterAll(() => services[Symbol.asyncDispose]());
  return async (fixture: RealtimeFixture = {}) => {
    const { bus, core, database, removeOld, calls } = services;
    calls.reset();
    const snapshotOf = (channelId: ChannelId) => readSnapshot(core, channelId);
    const given = await givenRealtime({ bus, snapshotOf, ...fixture });
    return {
      ...given,
      core,
      calls,
      account: (name: string, livesMs?: number) => register(core, given.principals, name, livesMs),
      accounts: (count: number, name: string) =>
        pMap(upTo(count), (n) => register(core, given.principals, `${name}-${n}`), { concurrency: callsMax }),
      ...clientsOf(core),
      /** Adds so many members that do nothing, in one statement. */
      fill: async (channelId: ChannelId, count: number): Promise<void> => {
        await database.knex.raw(fillSql, { channelId, count });
      },
      /** Retention removes the messages of the channel up to this sequence. */
      expire: async (channelId: ChannelId, sequence: number): Promise<void> => {
        const sql =
          "update chat.entries set sent_at = sent_at - ? * interval '1 day' where channel_id = ? and sequence <= ?";
        await database.knex.raw(sql, [retentionDays + 1, channelId, sequence]);
        await removeOld();
      },
    };
  };
};
export type GivenGateway = Awaited<ReturnType<ReturnType<typeof withServices>>>;

type Services = Awaited<ReturnType<typeof startServices>>;

const startServices = async ({ unserved = [] }: ServicesOptions) => {
  const log = createLog({ service: 'test', level: process.env.PARLEY_TEST_LOG ?? 'silent' });
  const fresh = await freshServiceDatabase();
  const bus = inProcessBus({ log });
  const calls = createCallRoute();
  const served = interceptingBus(bus, { intercept: calls.intercept, unserved });
  const environment = { PARLEY_RETENTION_DAYS: String(retentionDays) };
  const owners = await startOwners({ databaseUrl: fresh.url, busOf: () => served, log, environment });
  const database = connectDatabase({ url: fresh.url, schema: 'chat', poolMax: 1, log });
  return {
    bus,
    core: coreOver(bus),
    database,
    calls,
    removeOld: owners.removeOld,
    [Symbol.asyncDispose]: async () => {
      await owners[Symbol.asyncDispose]();
      await database.close();
      await bus.drain();
      await fresh[Symbol.asyncDispose]();
    },
  };
};

const fillSql = `
  with added as (
    insert into topics.members (channel_id, account_id, realm, channel_number, role)
      select id, gen_random_uuid(), realm, number, 'member' from topics.channels, generate_series(1, :count)
        where id = :channelId
  )
  update topics.channels
    set member_count = member_count + :count, membership_version = membership_version + :count where id = :channelId`;

const pass: Interceptor = (_call, answer) => answer();

/** What becomes of the calls to the services, of all callers: `take` decides, after they are counted. */
const createCallRoute = () => {
  const counts = new Map<string, number>();
  const count = (name: string): number => counts.get(name) ?? 0;
  const intercept: Interceptor = (call, answer) => {
    counts.set(call.name, count(call.name) + 1);
    return route.take(call, answer);
  };
  const reset = (): void => {
    counts.clear();
    route.take = pass;
  };
  const route = { take: pass, count, intercept, reset };
  return route;
};

const readSnapshot = async ({ topics }: Core, channelId: ChannelId): Promise<ChannelSnapshot> => {
  const { id, number, kind, slug, title, membershipVersion } = await topics.channel.get(
    { reference: { id: channelId } },
    system,
  );
  return { id, number, kind, slug, title, membershipVersion };
};

/** An account of auth with a session, and an access token of it. */
const register = async (
  { auth }: Core,
  { admit }: { admit(principal: AccountPrincipal, livesMs?: number): GivenAccount },
  name: string,
  livesMs?: number,
): Promise<GivenAccount> => {
  // A device has no password, which takes long to hash.
  const device = await auth.account.register({ kind: 'device', handle: randomUUID(), name }, anonymous);
  const { id: accountId, number, handle } = device;
  const { sessionId } = await auth.token.issue({ accountId, dialect: 'v1' }, system);
  return admit({ kind: 'account', realm, dialect: 'v1', accountId, number, handle, name, sessionId }, livesMs);
};

/** What clients of other gateways do. */
const clientsOf = ({ topics, chat }: Core) => {
  const ownerOf = new Map<ChannelId, GivenAccount>();
  const asOwner = (channelId: ChannelId) => ({ principal: ownerOf.get(channelId)!.principal });
  const send = async (
    target: Parameters<typeof chat.message.send>[0]['target'],
    { principal }: GivenAccount,
    text: string,
  ): Promise<Message> => {
    const content = { type: 'text' as const, text };
    const { message } = await chat.message.send({ target, clientId: randomUUID(), content }, { principal });
    return message;
  };
  return {
    room: async (owner: GivenAccount, ...members: readonly GivenAccount[]): Promise<ChannelId> => {
      const input = { kind: 'group' as const, title: 'A group', memberIds: members.map(({ id }) => id) };
      const { id } = await topics.channel.create(input, { principal: owner.principal });
      ownerOf.set(id, owner);
      return id;
    },
    join: async (channelId: ChannelId, { id }: GivenAccount): Promise<void> => {
      await topics.member.add({ channelId, accountId: id }, asOwner(channelId));
    },
    remove: async (channelId: ChannelId, { id }: GivenAccount): Promise<void> => {
      await topics.member.remove({ channelId, accountId: id }, asOwner(channelId));
    },
    say: (channelId: ChannelId, sender: GivenAccount, text: string) => send({ channelId }, sender, text),
    direct: (from: GivenAccount, to: GivenAccount, text: string) => send({ directWith: to.id }, from, text),
    react: ({ id }: Message, { principal }: GivenAccount) =>
      chat.message.react({ messageId: id, clientId: randomUUID(), emoji: '👍' }, { principal }),
    pin: ({ id }: Message, { principal }: GivenAccount) =>
      chat.message.pin({ messageId: id, clientId: randomUUID() }, { principal }),
  };
};
