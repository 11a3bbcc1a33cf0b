import { Fault, gatewayHeartbeatMs, gatewayLapseMs } from '@parley/contracts';
import type { ConnectionId, GatewayId, Peer } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();
const reach = { publicAddress: '203.0.113.1', publicPort: 1, relayAddress: null, relayPort: null };
const system = { principal: { kind: 'system', realm: 'main', service: 'gateway' } } as const;
const away = (): Fault => new Fault('unavailable', 'store_unavailable', 'Away');

let given: GivenGateway;
beforeEach(async () => {
  given = await givenRealtime();
});
afterEach(() => given[Symbol.asyncDispose]());

/** A network in which Ada and Bob have an address each, and a connection of each. */
const givenNetwork = async () => {
  const { core, account, connect } = given;
  const { organization, lease, peer } = core.signaling;
  const [ada, bob] = [await account('ada'), await account('bob')];
  const { number, networks } = await organization.create({ name: 'Acme', subnet: '10.0.0.0/24' }, ada);
  const reference = { number };
  await organization.join({ reference }, bob);
  for (const member of [ada, bob]) await lease.allocate({ reference }, member);
  const networkId = networks[0]!.id;
  const state = () => peer.list({ networkId }, system);
  const peers = async (): Promise<Peer[]> => (await state()).peers;
  return {
    ada,
    bob,
    reference,
    ...{ a: await connect(ada.token), b: await connect(bob.token) },
    state,
    /** The agent ids of the peers that signaling holds. */
    agents: async () => (await peers()).map(({ agentId }) => agentId).toSorted(),
    idOf: async (agentId: string): Promise<ConnectionId> =>
      (await peers()).find((one) => one.agentId === agentId)!.connectionId,
  };
};
type Client = Awaited<ReturnType<GivenGateway['connect']>>;

const register = (client: Client, agentId: string) => client.ask({ type: 'peer.register', agentId, reach });
const countOf = (client: Client, name: string): number => client.frames.filter(({ event }) => event === name).length;

/** Another gateway, which lives until the end of the test, registers a peer of this account. */
const registerElsewhere = async (
  account: Awaited<ReturnType<GivenGateway['account']>>,
  agentId: string,
  gatewayId = randomUUID() as GatewayId,
): Promise<ConnectionId> => {
  const { peer } = given.core.signaling;
  const connectionId = randomUUID() as ConnectionId;
  await peer.heartbeat({ gatewayId }, system);
  const beating = setInterval(() => void peer.heartbeat({ gatewayId }, system), gatewayHeartbeatMs);
  onTestFinished(() => clearInterval(beating));
  await peer.register({ ...reach, gatewayId, connectionId, agentId }, account);
  return connectionId;
};

test('a registration is answered with the other peers, and changes follow the answer', async () => {
  const { a, b, agents } = await givenNetwork();
  expect(await register(a, 'a')).toMatchObject({ type: 'peer.register', others: [] });
  expect(await register(b, 'b')).toMatchObject({ type: 'peer.register', others: [{ agentId: 'a' }] });
  await a.waitFor(({ event }) => event === 'peer.online');
  b.ws.close();
  await a.waitFor(({ event }) => event === 'peer.offline');
  expect(countOf(b, 'peer.online')).toBe(0);
  expect(await agents()).toEqual(['a']);
});

test('registering twice is registering once', async () => {
  const { a, agents } = await givenNetwork();
  await register(a, 'a');
  a.send({ type: 'peer.register', agentId: 'other', reach });
  await a.ask({ type: 'channel.detach', channelId: randomUUID() });
  expect(await agents()).toEqual(['a']);
});

test('who closes while it registers leaves no peer', async () => {
  const { a, state } = await givenNetwork();
  a.send({ type: 'peer.register', agentId: 'a', reach });
  a.ws.close();
  await a.closed();
  await eventually(async () => expect(await state()).toEqual({ version: 2, peers: [] }));
});

test('peers that ended while signaling was away are reported when it is back', async () => {
  const { a, agents } = await givenNetwork();
  await register(a, 'a');
  given.calls.take = ({ name }, answer) => (name === 'signaling.peer.drop' ? Promise.reject(away()) : answer());
  a.ws.close();
  await a.closed();
  await eventually(() => expect(given.calls.count('signaling.peer.drop')).toBeGreaterThan(1));
  expect(await agents()).toEqual(['a']);
  given.calls.take = (_call, answer) => answer();
  await eventually(async () => expect(await agents()).toEqual([]));
});

test('a refusal is an answer, and registering works once there is no reason for it', async () => {
  const { ada, reference, a } = await givenNetwork();
  await given.core.signaling.lease.release({ reference }, ada);
  expect(await register(a, 'a')).toMatchObject({ fault: 'conflict', reason: 'no_address' });
  await given.core.signaling.lease.allocate({ reference }, ada);
  expect(await register(a, 'a')).toMatchObject({ type: 'peer.register' });
});

test('peers that went offline with their silent gateways are announced again, and their sockets stay open', async () => {
  const { a, bob, agents, idOf } = await givenNetwork();
  await using other = await givenRealtime();
  const b = await other.connect(other.principals.admit(bob.principal).token);
  await register(a, 'a');
  await register(b, 'b');
  const ids = [await idOf('a'), await idOf('b')];
  // The one gateway receives the events of it, the other learns it from its next heartbeat.
  given.route.take = (event, pass) => (event.name === 'peer.offline' ? undefined : pass(event));
  given.calls.take = ({ name }, answer) => (name === 'signaling.peer.heartbeat' ? Promise.reject(away()) : answer());
  await eventually(async () => expect(await agents()).toEqual([]), { withinMs: 5 * gatewayLapseMs });
  given.calls.take = (_call, answer) => answer();
  await eventually(async () => expect(await agents()).toEqual(['a', 'b']));
  expect([await idOf('a'), await idOf('b')]).toEqual(ids);
  for (const { ws } of [a, b]) expect(ws.readyState).toBe(ws.OPEN);
});

test('a peer that was replaced although the event was lost is informed, and the newer one stays', async () => {
  const { ada, a, idOf } = await givenNetwork();
  await register(a, 'a');
  given.route.take = (event, pass) => (event.name === 'peer.offline' ? undefined : pass(event));
  const newer = await registerElsewhere(ada, 'a');
  await a.waitFor(({ reason }) => reason === 'replaced', 15_000);
  await a.closed();
  expect(await idOf('a')).toBe(newer);
});

test('a peer of this gateway that signaling holds without a connection ends', async () => {
  const { ada, a, agents } = await givenNetwork();
  let gatewayId: GatewayId | undefined;
  given.calls.take = ({ name, input }, answer) => {
    if (name === 'signaling.peer.register') gatewayId ??= (input as { gatewayId: GatewayId }).gatewayId;
    return answer();
  };
  await register(a, 'a');
  await registerElsewhere(ada, 'ghost', gatewayId);
  expect(await agents()).toEqual(['a', 'ghost']);
  await eventually(async () => expect(await agents()).toEqual(['a']));
});

test('a connection whose peer was replaced is informed and closed', async () => {
  const { ada, a } = await givenNetwork();
  await register(a, 'a');
  await registerElsewhere(ada, 'a');
  expect(await a.waitFor((frame) => frame.reason === 'replaced')).toMatchObject({ fault: 'conflict' });
  await a.closed();
});

test('a connection whose address was released is informed and closed', async () => {
  const { ada, reference, a } = await givenNetwork();
  await register(a, 'a');
  await given.core.signaling.lease.release({ reference }, ada);
  expect(await a.waitFor((frame) => frame.reason === 'address_released')).toMatchObject({ fault: 'conflict' });
  await a.closed();
});

test('a gateway that stops announces that its peers are gone', async () => {
  const { a, b, agents } = await givenNetwork();
  await register(a, 'a');
  await register(b, 'b');
  await given.realtime.drain({ withinMs: 50 });
  expect(await agents()).toEqual([]);
});
