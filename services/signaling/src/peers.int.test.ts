import type { GatewayId } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  brief,
  emailOf,
  givenSignaling,
  newConnection,
  reach,
  somebody,
  system,
  type Given,
} from './testing/fixtures.js';
import { postgresPeers } from './store/peers.postgres.js';
import { sweepGateways } from './use-cases/sweep-gateways.js';

let given: Given;
let peer: Given['client']['peer'];
beforeAll(async () => {
  given = await givenSignaling(2);
  peer = given.client.peer;
});
afterAll(() => given[Symbol.asyncDispose]());

const onlineIn = async (networkId: Parameters<typeof peer.list>[0]['networkId']) => {
  const { peers, version } = await peer.list({ networkId }, system());
  return [version, ...peers.map(({ label }) => label).sort()];
};

describe('register', () => {
  test('a peer has all that others need to reach it, and the event is published to the network', async () => {
    const ada = somebody();
    const { network, number } = await given.organization('10.0.0.0/24', [ada]);
    const events = await given.received(network);
    const connectionId = newConnection();
    const made = await given.register(await given.gateway(), ada, { agentId: 'agent-123', connectionId });
    const { accountId: id, number: account, handle, name } = ada.principal;
    expect(made).toMatchObject({
      version: 1,
      peer: {
        ...reach,
        connectionId,
        networkId: network,
        label: 'agent-123',
        agentId: 'agent-123',
        address: '10.0.0.1',
        email: emailOf(ada),
        account: { id, number: account, handle, name },
      },
    });
    await brief(events, 1);
    expect(events).toEqual([{ name: 'peer.online', realm: 'mesh', networkId: network, version: 1, peer: made.peer }]);
    expect(number).toBeGreaterThan(0);
  });

  test('without an agent id a peer is called by its number and connection, and nobody can take that name', async () => {
    const [ada, bob] = [somebody(), somebody()];
    await given.organization('10.0.0.0/24', [ada, bob]);
    const gateway = await given.gateway();
    const { peer: made } = await given.register(gateway, ada);
    expect(made.label).toBe(`peer_${ada.principal.number}_${made.connectionId.slice(0, 8)}`);
    expect(made.agentId).toBeNull();
    const { peer: other } = await given.register(gateway, bob, { agentId: made.label });
    expect(other.label).toBe(`peer_${bob.principal.number}_${other.connectionId.slice(0, 8)}`);
  });

  test('C7, W2.4: two users with one agent id are both online, each called differently; a user takes over from its own older socket', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { network } = await given.organization('10.0.0.0/24', [ada, bob]);
    const events = await given.received(network);
    const [one, two] = [await given.gateway(), await given.gateway()];
    await given.register(one, ada, { agentId: 'a' });
    const { peer: bobs } = await given.register(two, bob, { agentId: 'a' });
    const made = `peer_${bob.principal.number}_${bobs.connectionId.slice(0, 8)}`;
    expect(bobs).toMatchObject({ agentId: 'a', label: made });
    const newer = await given.register(two, ada, { agentId: 'a' });
    expect(newer.version).toBe(4);
    expect(await brief(events, 4)).toEqual([
      ['peer.online', 1, 'a', null],
      ['peer.online', 2, made, null],
      ['peer.offline', 3, 'a', 'replaced'],
      ['peer.online', 4, 'a', null],
    ]);
    expect(await onlineIn(network)).toEqual([4, 'a', made]);
  });

  test('an older connection that its gateway announces again does not push out the newer one', async () => {
    const ada = somebody();
    const { network } = await given.organization('10.0.0.0/24', [ada]);
    const [one, two] = [await given.gateway(), await given.gateway()];
    const older = { agentId: 'a', connectionId: newConnection() };
    await given.register(one, ada, older);
    const { peer: newer } = await given.register(two, ada, { agentId: 'a' });
    await expect(given.register(one, ada, { ...older, reannounce: true })).rejects.toMatchObject({
      reason: 'replaced',
    });
    const { peers } = await peer.list({ networkId: network }, system());
    expect(peers).toEqual([newer]);
    await given.register(one, ada, { agentId: 'b', reannounce: true });
    expect(await onlineIn(network)).toEqual([4, 'a', 'b']);
  });

  test('the same connection again changes nothing', async () => {
    const ada = somebody();
    const { network } = await given.organization('10.0.0.0/24', [ada]);
    const gateway = await given.gateway();
    const connectionId = newConnection();
    const first = await given.register(gateway, ada, { connectionId });
    expect(await given.register(gateway, ada, { connectionId })).toEqual(first);
    expect(await onlineIn(network)).toEqual([1, first.peer.label]);
  });

  test('two sockets of one user are two peers at one address', async () => {
    const ada = somebody();
    await given.organization('10.0.0.0/24', [ada]);
    const gateway = await given.gateway();
    const [one, two] = [await given.register(gateway, ada), await given.register(gateway, ada)];
    expect(one.peer.label).not.toBe(two.peer.label);
    expect(one.peer.address).toBe(two.peer.address);
  });

  test('of several organizations it is the first in which there is an address', async () => {
    const ada = somebody();
    await given.organization('10.1.0.0/24', [ada], false);
    const { network } = await given.organization('10.2.0.0/24', [ada]);
    await given.organization('10.3.0.0/24', [ada]);
    const { peer: made } = await given.register(await given.gateway(), ada);
    expect([made.networkId, made.address]).toEqual([network, '10.2.0.1']);
  });

  test('without an organization, without an address, through a gateway that never heartbeat: refused', async () => {
    const gateway = await given.gateway();
    const ada = somebody();
    await expect(given.register(gateway, ada)).rejects.toMatchObject({ code: 'forbidden', reason: 'no_organization' });
    const { reference } = await given.organization('10.0.0.0/24', [ada], false);
    await expect(given.register(gateway, ada)).rejects.toMatchObject({ code: 'conflict', reason: 'no_address' });
    await given.client.lease.allocate({ reference }, ada);
    await expect(given.register(randomUUID() as GatewayId, ada)).rejects.toMatchObject({ reason: 'gateway_unknown' });
  });

  test.each([
    ['a port of 0', { publicPort: 0 }],
    ['a port too large', { publicPort: 65_536 }],
    ['half a port', { publicPort: 1.5 }],
    ['no name for an address', { publicAddress: 'exa mple.com' }],
    ['a number for an address', { publicAddress: '1234' }],
    ['a bad relay', { relayAddress: '300.0.0.1' }],
    ['a bad relay port', { relayPort: -1 }],
    ['no agent id to speak of', { agentId: '' }],
    ['an agent id too long', { agentId: 'x'.repeat(129) }],
  ])('W2.2: %s is refused and leaves nothing', async (_, wrong) => {
    const ada = somebody();
    const { network } = await given.organization('10.0.0.0/24', [ada]);
    const gatewayId = await given.gateway();
    const input = { ...reach, gatewayId, connectionId: newConnection(), agentId: null, ...wrong };
    await expect(peer.register(input, ada)).rejects.toMatchObject({ code: 'invalid' });
    expect(await onlineIn(network)).toEqual([0]);
  });

  test('many at once, on two instances: versions without a gap, each published once', async () => {
    const people = Array.from({ length: 20 }, () => somebody());
    const { network } = await given.organization('10.0.0.0/24', people);
    const events = await given.received(network);
    const gateway = await given.gateway();
    await Promise.all(people.map((one) => given.register(gateway, one)));
    await brief(events, 20);
    const upTo20 = Array.from({ length: 20 }, (_, n) => n + 1);
    expect(events.map(({ version }) => version).sort((a, b) => a - b)).toEqual(upTo20);
  });
});

describe('going offline', () => {
  test('a drop is published once, and only by the gateway that holds the connection', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { network } = await given.organization('10.0.0.0/24', [ada, bob]);
    const [one, two] = [await given.gateway(), await given.gateway()];
    const ids = [
      (await given.register(one, ada, { agentId: 'a' })).peer.connectionId,
      (await given.register(one, bob, { agentId: 'b' })).peer.connectionId,
    ];
    const events = await given.received(network);
    expect(await peer.drop({ gatewayId: two, connectionIds: ids }, system())).toEqual({ dropped: 0 });
    expect(await peer.drop({ gatewayId: one, connectionIds: ids }, system())).toEqual({ dropped: 2 });
    expect(await peer.drop({ gatewayId: one, connectionIds: ids }, system())).toEqual({ dropped: 0 });
    const published = await brief(events, 2);
    expect(published.map(([name, version]) => [name, version])).toEqual([
      ['peer.offline', 3],
      ['peer.offline', 4],
    ]);
    expect(await onlineIn(network)).toEqual([4]);
  });

  test('what a silent gateway held goes offline within ten seconds; a gateway that beats keeps all', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const { network } = await given.organization('10.0.0.0/24', [ada, bob]);
    const [silent, lively] = [await given.gateway(), await given.gateway()];
    const events = await given.received(network);
    await given.register(silent, ada, { agentId: 'a' });
    await given.register(lively, bob, { agentId: 'b' });
    const beating = setInterval(() => void peer.heartbeat({ gatewayId: lively }, system()), 1_000);
    try {
      const began = performance.now();
      expect(await brief(events, 3, 12_000)).toContainEqual(['peer.offline', 3, 'a', 'lapsed']);
      expect(performance.now() - began).toBeLessThan(10_000);
    } finally {
      clearInterval(beating);
    }
    expect(await onlineIn(network)).toEqual([3, 'b']);
    expect(await peer.heartbeat({ gatewayId: silent }, system())).toEqual({ lapsed: true, peers: 0 });
    expect(await peer.heartbeat({ gatewayId: silent }, system())).toEqual({ lapsed: false, peers: 0 });
  });

  test('a sweeper that could not look for a while first listens again', async () => {
    const people = [somebody()];
    const { network } = await given.organization('10.0.0.0/24', people);
    await given.register(await given.gateway(), people[0]!, { agentId: 'a' });
    let now = 0;
    const offline = () => undefined;
    const peers = postgresPeers(given.database);
    const looked: number[] = [];
    const sweep = sweepGateways(
      {
        peers: { ...peers, sweep: async () => (looked.push(now), { gone: [], more: false }) },
        announce: { offline, online: offline },
      },
      6_000,
      () => now,
    );
    for (now of [1_000, 5_000, 6_000, 7_000, 60_000, 61_000, 65_000, 66_000]) await sweep();
    expect(looked).toEqual([6_000, 7_000, 66_000]);
    expect(await onlineIn(network)).toEqual([1, 'a']);
  });
});

describe('what gateways ask', () => {
  test('held and list go page by page, versions say how far a network is', async () => {
    const people = Array.from({ length: 5 }, () => somebody());
    const { network } = await given.organization('10.0.0.0/24', people);
    const gatewayId = await given.gateway();
    const ids: string[] = [];
    for (const one of people) ids.push((await given.register(gatewayId, one)).peer.connectionId);
    ids.sort();
    const first = await peer.listByGateway({ gatewayId, limit: 3 }, system());
    expect([...first, ...(await peer.listByGateway({ gatewayId, after: first.at(-1)!, limit: 3 }, system()))]).toEqual(
      ids,
    );
    const page = await peer.list({ networkId: network, after: first.at(-1)!, limit: 3 }, system());
    expect([page.version, page.peers.map(({ connectionId }) => connectionId)]).toEqual([5, ids.slice(3)]);
    expect(await peer.heartbeat({ gatewayId }, system())).toMatchObject({ peers: 5 });
    expect(await peer.versions({ networkIds: [network] }, system())).toEqual([{ networkId: network, version: 5 }]);
    expect(await peer.versions({ networkIds: [network] }, system('other'))).toEqual([]);
    await expect(peer.list({ networkId: network }, system('other'))).rejects.toMatchObject({
      reason: 'network_not_found',
    });
  });

  test('accounts may not ask it', async () => {
    const ada = somebody();
    const { network } = await given.organization('10.0.0.0/24', [ada]);
    const gatewayId = await given.gateway();
    const refused = { code: 'forbidden', reason: 'system_only' };
    await expect(peer.heartbeat({ gatewayId }, ada)).rejects.toMatchObject(refused);
    await expect(peer.drop({ gatewayId, connectionIds: [] }, ada)).rejects.toMatchObject(refused);
    await expect(peer.listByGateway({ gatewayId, limit: 1 }, ada)).rejects.toMatchObject(refused);
    await expect(peer.list({ networkId: network }, ada)).rejects.toMatchObject(refused);
    await expect(peer.versions({ networkIds: [] }, ada)).rejects.toMatchObject(refused);
  });
});
