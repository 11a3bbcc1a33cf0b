// Accounts and channels of a population, made over Parley's bus, where no password has to be hashed.
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import type { Bus } from '@parley/bus';
import {
  auth,
  topics,
  type AccountPrincipal,
  deadlineIn,
  SessionId,
  type Topics,
  type Client as BusClient,
} from '@parley/contracts';
import type { Population, Seating } from './target.js';

const atOnce = 16;
const realm = 'main';
const dialect = 'v1';
/** This is not measured, so a busy machine may take its time. */
const patient = () => ({ deadline: deadlineIn(60_000) });

interface Seated {
  readonly principal: AccountPrincipal;
  readonly token: string;
}

/** So many new accounts. */
export const signUpMany = (bus: Bus, count: number): Promise<readonly Seated[]> =>
  pMap(Array(count).keys(), (index) => signUp(bus, index), { concurrency: atOnce });

/** Creates the accounts and channels of a population. */
export const seatOverBus = async (bus: Bus, { clients, kind, members }: Population): Promise<Seating> => {
  const accounts = await signUpMany(bus, clients);
  const at = (index = 0): Seated => accounts[index] ?? fail();
  const { channel } = bus.client(topics);
  const create = (clientsOfIt: readonly number[], index: number) =>
    createChannel(
      channel,
      kind,
      clientsOfIt.map(at).map(({ principal }) => principal),
      `bench ${index}`,
    );
  return {
    headers: accounts.map(({ token }) => ({ Authorization: `Bearer ${token}` })),
    members,
    channelIds: await pMap(members, create, { concurrency: atOnce }),
    // The inbox brings direct messages.
    joins: kind !== 'direct',
  };
};

const signUp = async (bus: Bus, index: number): Promise<Seated> => {
  const { account, token } = bus.client(auth);
  const anonymous = { kind: 'anonymous', realm, dialect } as const;
  // As a gateway does for a client that it has authenticated by other means.
  const gateway = { kind: 'system', realm, service: 'gateway' } as const;
  const made = await account.register(
    { kind: 'device', handle: randomUUID(), name: `client ${index}` },
    { principal: anonymous, ...patient() },
  );
  const grant = await token.issue({ accountId: made.id, dialect }, { principal: gateway, ...patient() });
  const { id, number, handle, name } = made;
  const sessionId = SessionId.parse(grant.sessionId);
  return {
    principal: { kind: 'account', realm: made.realm, dialect, accountId: id, number, handle, name, sessionId },
    token: grant.accessToken,
  };
};

const createChannel = async (
  channel: BusClient<Topics>['channel'],
  kind: Population['kind'],
  [owner = fail(), ...others]: readonly AccountPrincipal[],
  title: string,
): Promise<string> => {
  const memberIds = others.map(({ accountId }) => accountId);
  const made =
    kind === 'direct'
      ? await channel.openDirect({ with: memberIds[0] ?? fail() }, { principal: owner, ...patient() })
      : await channel.create(
          { kind, title, memberIds: kind === 'group' ? memberIds : [] },
          { principal: owner, ...patient() },
        );
  return made.id;
};

const fail = (): never => {
  throw new Error('A population names clients from 0 to its number');
};
