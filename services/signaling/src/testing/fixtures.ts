import { inProcessBus } from '@parley/bus';
import {
  BusEvent,
  auth,
  contract,
  everyEventOf,
  signaling,
  type AccountId,
  type AccountPrincipal,
  type Client,
  type ConnectionId,
  type BusEventNamed,
  type GatewayId,
  type Lease,
  type NetworkId,
  type Signaling,
} from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually, freshDatabase } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { migrations, SignalingConfig, type SignalingService, startSignaling } from '../service.js';

export type Caller = { readonly principal: AccountPrincipal };
export type PeerEvent = BusEventNamed<'peer.online' | 'peer.offline'>;

/** Several replicas of signaling on one database and one bus, with an auth that knows every account. */
export const givenSignaling = async (replicas = 1) => {
  const database = await freshDatabase({ schema: 'signaling', migrations });
  const bus = inProcessBus();
  const log = createLog({ service: 'signaling', level: 'fatal' });
  const { me, deleted } = auth.nouns.account;
  const gone = new Set<AccountId>();
  await bus.serve(contract('auth', { account: { me, deleted } }), {
    account: {
      me: async (_input, { principal }) => accountOf(principal as AccountPrincipal),
      deleted: async ({ ids }) => ids.filter((id) => gone.has(id)),
    },
  });
  const services: SignalingService[] = [];
  for (let n = 0; n < replicas; n++) {
    services.push(await startSignaling(SignalingConfig.parse({}), { bus, database, log }));
  }
  const client: Client<Signaling> = bus.client(signaling);

  /** An organization of these people, each with an address unless `leased` is false. */
  const organization = async (subnet: string, people: readonly Caller[], leased = true) => {
    const [founder, ...others] = people;
    if (!founder) throw new Error('A network needs a founder');
    const made = await client.organization.create({ name: 'Acme', subnet }, founder);
    const reference = { number: made.number };
    for (const one of others) await client.organization.join({ reference }, one);
    const leases: Lease[] = [];
    if (leased) for (const one of people) leases.push(await client.lease.allocate({ reference }, one));
    const network = made.networks[0]?.id as NetworkId;
    return { reference, network, leases, number: made.number };
  };

  const received = async (network: NetworkId): Promise<PeerEvent[]> => {
    const events: PeerEvent[] = [];
    const scope = { kind: 'network', id: network } as const;
    await bus.listen(everyEventOf(scope), BusEvent, (event) => void events.push(event as PeerEvent));
    return events;
  };

  return {
    database,
    bus,
    checkAccounts: async () => void (await Promise.all(services.map((each) => each.checkAccounts()))),
    /** From now on auth reports the account as deleted. */
    deleteAccount: (id: AccountId) => void gone.add(id),
    client,
    organization,
    received,
    gateway: async (): Promise<GatewayId> => {
      const gatewayId = randomUUID() as GatewayId;
      await client.peer.heartbeat({ gatewayId }, system());
      return gatewayId;
    },
    /** Calls `peer.register` as a gateway does for one of its connections. */
    register: (
      gatewayId: GatewayId,
      who: Caller,
      more: { agentId?: string; connectionId?: ConnectionId; reannounce?: boolean } = {},
    ) => client.peer.register({ ...reach, gatewayId, connectionId: newConnection(), agentId: null, ...more }, who),
    [Symbol.asyncDispose]: async () => {
      for (const service of services) await service.stop();
      await bus.drain();
      await database[Symbol.asyncDispose]();
    },
  };
};
export type Given = Awaited<ReturnType<typeof givenSignaling>>;

export const reach = {
  publicAddress: '203.0.113.1',
  publicPort: 50_000,
  relayAddress: '203.0.113.10',
  relayPort: 50_001,
} as const;

export const newConnection = (): ConnectionId => randomUUID() as ConnectionId;
export const system = (realm = 'mesh') => ({ principal: { kind: 'system', realm, service: 'gateway' } as const });

let people = 0;
export const somebody = (realm = 'mesh'): Caller => {
  const accountId = randomUUID() as AccountId;
  const sessionId = accountId as unknown as AccountPrincipal['sessionId'];
  const number = (people += 1);
  const handle = accountId as string;
  return {
    principal: { kind: 'account', realm, dialect: 'mesh', accountId, number, handle, name: `n${number}`, sessionId },
  };
};

export const emailOf = ({ principal }: Caller): string => `${principal.name}@example.com`;

const accountOf = (principal: AccountPrincipal) => ({
  id: principal.accountId,
  number: principal.number,
  realm: principal.realm,
  kind: 'person' as const,
  username: null,
  email: emailOf({ principal }),
  handle: principal.handle,
  name: principal.name,
  firstName: null,
  lastName: null,
  publicKey: null,
  createdAt: new Date(0).toISOString(),
});

/** Waits until `count` events were received, and returns them in short form. */
export const brief = (events: readonly PeerEvent[], count: number, withinMs = 5_000) =>
  eventually(
    () => {
      if (events.length < count) throw new Error(`Received ${events.length} of ${count}`);
      return events.map((event) => [event.name, event.version, event.peer.label, 'why' in event ? event.why : null]);
    },
    { withinMs },
  );
