import { Fault, gatewayHeartbeatMs, signaling } from '@parley/contracts';
import type { ConnectionId, Context, BusEvent, NetworkId, OrganizationId, Peer } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serveParts } from '../testing/signers.js';
import { givenRealtime } from '../testing/fixtures.js';
import type { GivenRealtime } from '../testing/fixtures.js';

const networkId = randomUUID() as NetworkId;
const reach = { publicAddress: '203.0.113.1', publicPort: 1, relayAddress: null, relayPort: null };
type Registration = { connectionId: ConnectionId; gatewayId: string; agentId: string | null; reannounce: boolean };

/** What signaling holds, and what it is asked. */
let held: Map<ConnectionId, Peer>;
let version: number;
let lapsed: boolean;
let refusing: Fault | null;
/** The agent id of a newer connection on another gateway. */
let takenElsewhere: string | null;
let beats: number;
let given: GivenRealtime;

const publish = (event: BusEvent) => given.bus.publish(event, [{ kind: 'network', id: networkId }]);
const change = (name: 'peer.online' | 'peer.offline', peer: Peer, why: string): void => {
  version += 1;
  publish({ name, realm: 'main', networkId, version, peer, why } as BusEvent);
};
/** Removes a peer without a request from its gateway. */
const goOffline = (connectionId: ConnectionId, why: string): void => {
  const peer = held.get(connectionId)!;
  held.delete(connectionId);
  change('peer.offline', peer, why);
};

const registered = ({ connectionId, agentId, reannounce }: Registration, { principal }: Context) => {
  if (refusing) throw refusing;
  if (reannounce && agentId === takenElsewhere) throw new Fault('conflict', 'replaced', 'Replaced');
  if (principal.kind !== 'account') throw new Fault('forbidden', 'account_needed', 'Only accounts');
  const { accountId: id, number, handle, name } = principal;
  const known = held.get(connectionId);
  const peer: Peer = {
    ...reach,
    connectionId,
    networkId,
    organizationId: networkId as string as OrganizationId,
    account: { id, number, handle, name },
    email: null,
    label: agentId ?? connectionId,
    agentId,
    address: '10.0.0.1',
  };
  held.set(connectionId, peer);
  if (!known) change('peer.online', peer, '');
  return { peer, version };
};

beforeEach(async () => {
  [held, version, lapsed, refusing, beats] = [new Map(), 0, false, null, 0];
  takenElsewhere = null;
  given = await givenRealtime();
  await serveParts(given.bus, signaling, {
    'peer.register': async (input: Registration, context: Context) => registered(input, context),
    'peer.heartbeat': async () => {
      beats += 1;
      const answer = { lapsed, peers: held.size };
      lapsed = false;
      return answer;
    },
    'peer.drop': async ({ connectionIds }: { connectionIds: ConnectionId[] }) => {
      if (refusing) throw refusing;
      const ours = connectionIds.filter((id) => held.has(id));
      for (const id of ours) goOffline(id, 'closed');
      return { dropped: ours.length };
    },
    'peer.listByGateway': async () => [...held.keys()].sort(),
    'peer.list': async () => ({ peers: [...held.values()], version }),
    'peer.versions': async () => [{ networkId, version }],
  });
});
afterEach(() => given[Symbol.asyncDispose]());

/** Opens a connection of this account. */
const connected = async (name: string) => given.connect(given.principals.account(name).token);
type Client = Awaited<ReturnType<typeof connected>>;
const register = (client: Client, agentId: string) => client.ask({ type: 'peer.register', agentId, reach });
const countOf = (client: Client, name: string): number => client.frames.filter(({ event }) => event === name).length;
const idOf = (agentId: string): ConnectionId =>
  [...held.values()].find((peer) => peer.agentId === agentId)!.connectionId;
const isBack = (agentId: string) =>
  eventually(() => expect([...held.values()].map((peer) => peer.agentId)).toContain(agentId), { withinMs: 8_000 });

test('a registration is answered with the other peers, and changes follow the answer', async () => {
  const [ada, bob] = [await connected('ada'), await connected('bob')];
  expect(await register(ada, 'a')).toMatchObject({ type: 'peer.register', others: [] });
  expect(await register(bob, 'b')).toMatchObject({ type: 'peer.register', others: [{ agentId: 'a' }] });
  await ada.waitFor(({ event }) => event === 'peer.online');
  bob.ws.close();
  await ada.waitFor(({ event }) => event === 'peer.offline');
  expect(countOf(bob, 'peer.online')).toBe(0);
  expect([...held.values()].map(({ agentId }) => agentId)).toEqual(['a']);
});

test('registering twice is registering once', async () => {
  const ada = await connected('ada');
  await register(ada, 'a');
  ada.send({ type: 'peer.register', agentId: 'other', reach });
  await ada.ask({ type: 'channel.detach', channelId: networkId });
  expect([...held.values()].map(({ agentId }) => agentId)).toEqual(['a']);
});

test('who closes while it registers leaves no ghost', async () => {
  const ada = await connected('ada');
  ada.send({ type: 'peer.register', agentId: 'a', reach });
  ada.ws.close();
  await ada.closed();
  await eventually(() => expect([version, held.size]).toEqual([2, 0]));
});

test('peers that ended while signaling was away are reported when it is back', async () => {
  const ada = await connected('ada');
  await register(ada, 'a');
  refusing = new Fault('unavailable', 'store_unavailable', 'Away');
  ada.ws.close();
  await ada.closed();
  await eventually(() => expect(beats).toBeGreaterThan(1), { withinMs: 3 * gatewayHeartbeatMs });
  expect(held.size).toBe(1);
  refusing = null;
  await eventually(() => expect(held.size).toBe(0), { withinMs: 3 * gatewayHeartbeatMs });
});

test('a refusal is an answer, and registering works once there is no reason for it', async () => {
  const ada = await connected('ada');
  refusing = new Fault('conflict', 'no_address', 'No address');
  expect(await register(ada, 'a')).toMatchObject({ fault: 'conflict', reason: 'no_address' });
  refusing = null;
  expect(await register(ada, 'a')).toMatchObject({ type: 'peer.register' });
});

test('a gateway that lapsed announces its peers again, and their sockets stay open', async () => {
  const [ada, bob] = [await connected('ada'), await connected('bob')];
  await register(ada, 'a');
  await register(bob, 'b');
  const ids = [idOf('a'), idOf('b')];
  held.clear();
  lapsed = true;
  await isBack('a');
  await isBack('b');
  expect([idOf('a'), idOf('b')]).toEqual(ids);
  expect(ada.ws.readyState).toBe(ada.ws.OPEN);
});

test('a peer that was taken offline for another’s silence is announced again at once', async () => {
  const ada = await connected('ada');
  await register(ada, 'a');
  goOffline(idOf('a'), 'lapsed');
  await isBack('a');
  expect(ada.ws.readyState).toBe(ada.ws.OPEN);
});

test('a peer that was replaced while its gateway was silent is informed, and the newer one stays', async () => {
  const ada = await connected('ada');
  await register(ada, 'a');
  held.clear();
  takenElsewhere = 'a';
  lapsed = true;
  await ada.waitFor((frame) => frame.reason === 'replaced');
  await ada.closed();
  expect(held.size).toBe(0);
});

test('what signaling holds and nobody here is, ends', async () => {
  const ada = await connected('ada');
  await register(ada, 'a');
  const ghost = randomUUID() as ConnectionId;
  held.set(ghost, { ...held.get(idOf('a'))!, connectionId: ghost, agentId: 'ghost' });
  await eventually(() => expect(held.has(ghost)).toBe(false), { withinMs: 5 * gatewayHeartbeatMs });
  expect(held.size).toBe(1);
});

test.each([
  ['replaced', 'replaced'],
  ['released', 'address_released'],
])('a connection whose peer was %s is informed and closed', async (why, reason) => {
  const ada = await connected('ada');
  await register(ada, 'a');
  goOffline(idOf('a'), why);
  expect(await ada.waitFor((frame) => frame.reason === reason)).toMatchObject({ fault: 'conflict' });
  await ada.closed();
});

test('a gateway that stops announces that its peers are gone', async () => {
  const [ada, bob] = [await connected('ada'), await connected('bob')];
  await register(ada, 'a');
  await register(bob, 'b');
  await given.realtime.drain({ withinMs: 50 });
  expect(held.size).toBe(0);
});
