import { randomUUID } from 'node:crypto';
import { type Bus, inProcessBus } from '@parley/bus';
import {
  AccountDeleted,
  type AccountPrincipal,
  type Client,
  type DialectName,
  type BusEventNamed,
  type Grant,
  type Realm,
  SessionRevoked,
  type Auth,
  auth,
  everyScopeOf,
} from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { type FakeClock, type FreshDatabase, fakeClock, freshDatabase } from '@parley/testing';
import { AuthConfig, type AuthService, migrations, startAuth } from '../service.js';

export const secret = 'a secret of which only these tests know';
export const password = 'correct horse';
export const log = createLog({ service: 'auth', level: 'silent' });

export const anonymous = (dialect: DialectName = 'v1', realm: Realm = 'main') => ({
  principal: { kind: 'anonymous', realm, dialect } as const,
});
export const system = (realm: Realm = 'main') => ({
  principal: { kind: 'system', realm, service: 'gateway' } as const,
});

/** The principal that the gateway would pass after verifying the grant's access token. */
export const bearer = (
  { account, sessionId }: Grant,
  dialect: DialectName = 'v1',
): { readonly principal: AccountPrincipal } => ({
  principal: {
    kind: 'account',
    realm: account.realm,
    dialect,
    accountId: account.id,
    number: account.number,
    handle: account.handle,
    name: account.name,
    sessionId,
  },
});

export type PublishedEvent = BusEventNamed<'session.revoked'> | BusEventNamed<'account.deleted'>;

/** The service on a database of its own, with a clock that moves only when a test moves it. */
export interface GivenAuth extends AsyncDisposable {
  readonly bus: Bus;
  readonly client: Client<Auth>;
  readonly clock: FakeClock;
  readonly database: FreshDatabase;
  readonly service: AuthService;
  readonly published: readonly PublishedEvent[];
  /** A new account with a unique user name, signed in. */
  person(): Promise<Grant & { readonly username: string }>;
  signIn(username: string, password?: string): Promise<Grant>;
}

export const givenAuth = async (env: Record<string, string> = {}): Promise<GivenAuth> => {
  const database = await freshDatabase({ schema: 'auth', migrations });
  const clock = fakeClock();
  const bus = inProcessBus();
  const published: PublishedEvent[] = [];
  await bus.listen(everyScopeOf('session.revoked', 'account'), SessionRevoked, (event) => void published.push(event));
  await bus.listen(everyScopeOf('account.deleted', 'account'), AccountDeleted, (event) => void published.push(event));
  const config = AuthConfig.parse({ PARLEY_SECRET: secret, ...env });
  const service = await startAuth(config, { bus, database, log, clock: clock.now });
  const client = bus.client(auth);
  const signIn = (username: string, shown = password): Promise<Grant> =>
    client.token.signIn({ login: username, by: 'username', password: shown }, anonymous());
  return {
    bus,
    client,
    clock,
    database,
    service,
    published,
    signIn,
    person: async () => {
      const username = newName();
      await client.account.register({ username, password }, anonymous());
      return { ...(await signIn(username)), username };
    },
    [Symbol.asyncDispose]: async () => {
      await service.stop();
      await bus.drain();
      await database[Symbol.asyncDispose]();
    },
  };
};

export const newName = (): string => `Ada-${randomUUID().slice(0, 12)}`;
