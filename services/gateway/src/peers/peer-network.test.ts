import type { AccountId, ConnectionId, BusEvent, NetworkId, OrganizationId, Peer } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { beforeEach, expect, test } from 'vitest';
import type { SocketAdapter } from '../protocol/dialect.js';
import type { SubscriberGroup } from '../broadcast/subscriber-group.js';
import { BufferedSocket } from '../broadcast/buffered-socket.js';
import type { FrameSink, OutputOwner, Subscriber } from '../broadcast/buffered-socket.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import { PeerNetwork } from './peer-network.js';
import type { PeerEvent, PeersRead } from './peer-network.js';

const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;
const networkId = id<NetworkId>(1);

const peerOf = (n: number): Peer => ({
  connectionId: id<ConnectionId>(n),
  networkId,
  organizationId: id<OrganizationId>(2),
  account: { id: id<AccountId>(n), number: n, handle: id<string>(n), name: `n${n}` },
  email: null,
  label: `p${n}`,
  agentId: null,
  address: `10.0.0.${n}`,
  publicAddress: '203.0.113.1',
  publicPort: 1,
  relayAddress: null,
  relayPort: null,
});
const online = (version: number, n: number): PeerEvent => ({
  name: 'peer.online',
  realm: 'mesh',
  networkId,
  version,
  peer: peerOf(n),
});
const offline = (version: number, n: number): PeerEvent => ({
  ...online(version, n),
  name: 'peer.offline',
  why: 'closed',
});

/** What signaling returns when the network is read. */
let owned: { version: number; online: number[] };
let reads: number;
let written: string[];
let failing: boolean;
/** What happens after signaling has read the network and before its answer arrives. */
let duringRead: () => void;
let network: PeerNetwork;
const observer = {
  heldBack: () => undefined,
  skippedHole: () => undefined,
  repaired: () => undefined,
  repairFailed: () => undefined,
  encodingFailed: (event: BusEvent) => void written.push(`not encoded: ${event.name}`),
};
beforeEach(() => {
  owned = { version: 0, online: [] };
  reads = 0;
  written = [];
  failing = false;
  duringRead = () => undefined;
  // Frames are recorded as soon as they are pending.
  const writeBuffer = {
    wake: (group: SubscriberGroup) => group.flush((_, bytes) => written.push(textOf(bytes))),
  } as unknown as WriteBuffer;
  const read = async (): Promise<PeersRead> => {
    reads += 1;
    if (failing) throw new Error('away');
    const answer = { version: owned.version, peers: owned.online.map(peerOf) };
    const happens = duringRead;
    duringRead = () => undefined;
    happens();
    return answer;
  };
  network = new PeerNetwork(networkId, 'mesh', {
    writeBuffer,
    timings: { holdBackMs: 20, holdBackMax: 256, retryMs: 20, retryMaxMs: 100 },
    observer,
    read,
    onOffline: () => undefined,
  });
  network.listening = { stop: () => undefined };
});

const textOf = (frame: Buffer): string => frame.subarray(2).toString();
const adapter = {
  encodeEvent: (event: BusEvent) => {
    const { name, peer } = event as PeerEvent;
    return { frame: `${name === 'peer.online' ? '+' : '-'}${peer.label}`, except: peer.connectionId };
  },
} as unknown as SocketAdapter;
const listener = (n: number): Subscriber => {
  const view = { id: id<ConnectionId>(n) } as OutputOwner;
  return { ...view, output: new BufferedSocket({} as FrameSink, view) };
};
const known = () => network.others(id<ConnectionId>(0)).map(({ label }) => label);

/** Joins a subscriber (peer 9) to a network that was read. */
const listening = async (version: number, ...peers: number[]): Promise<void> => {
  owned = { version, online: peers };
  await network.start();
  network.join(listener(9), adapter);
};

test('events that came while the network was read are taken after it, older ones are not', async () => {
  owned = { version: 5, online: [1, 2] };
  network.receive(offline(5, 3));
  network.receive(online(7, 4));
  network.receive(offline(6, 1));
  await network.start();
  expect(known()).toEqual(['p2', 'p4']);
  expect(network.version).toBe(7);
});

test('events out of order are written in order, each once, and not to the peer that they are about', async () => {
  await listening(0);
  for (const event of [online(2, 2), online(3, 9), online(1, 1), online(1, 1), offline(5, 1), online(4, 4)]) {
    network.receive(event);
  }
  expect(written).toEqual(['+p1', '+p2', '+p4', '-p1']);
  expect(reads).toBe(1);
});

test('what the bus lost is read from the owner, and the differences are written', async () => {
  await listening(2, 1, 2);
  owned = { version: 5, online: [2, 3, 4] };
  network.receive(online(5, 4));
  expect(written).toEqual([]);
  await eventually(() => expect(written).toEqual(['-p1', '+p3', '+p4']));
  network.receive(offline(6, 4));
  expect(written.at(-1)).toBe('-p4');
  expect(reads).toBe(2);
});

test('a gap that cannot be read is read later', async () => {
  await listening(1, 1);
  failing = true;
  network.receive(online(3, 3));
  await eventually(() => expect(reads).toBe(2));
  failing = false;
  owned = { version: 3, online: [1, 2, 3] };
  await eventually(() => expect(written).toEqual(['+p2', '+p3']));
});

test('a reading that is older than what was received meanwhile changes nothing', async () => {
  await listening(1, 1);
  duringRead = () => network.receive(online(2, 2));
  await network.reach(2);
  expect(reads).toBe(2);
  expect(known()).toEqual(['p1', 'p2']);
  expect(written).toEqual(['+p2']);
});

test('an event that arrives during a read that is older does not hide the one that was lost before it', async () => {
  await listening(1, 1);
  duringRead = () => {
    owned = { version: 3, online: [1, 2, 3] };
    network.receive(online(3, 3));
  };
  await network.reach(3);
  expect(written).toEqual(['+p2', '+p3']);
});

test('a dialect that fails to encode an event keeps it from its own subscribers only', async () => {
  const broken = {
    encodeEvent: () => {
      throw new TypeError('a defect');
    },
  } as unknown as SocketAdapter;
  await network.start();
  network.join(listener(8), broken);
  network.join(listener(9), adapter);
  network.receive(online(1, 1));
  network.receive(online(2, 2));
  expect(written).toEqual(['not encoded: peer.online', '+p1', 'not encoded: peer.online', '+p2']);
});

test('who registers waits for what is on its way, and reads what does not come', async () => {
  await listening(1, 1);
  const reached = network.reach(2);
  network.receive(online(2, 2));
  await reached;
  expect(reads).toBe(1);
  owned = { version: 4, online: [1, 2, 3] };
  await network.reach(4);
  expect(reads).toBe(2);
  expect(known()).toEqual(['p1', 'p2', 'p3']);
});

test('when nothing can be read, a registration is refused, and the next reading repairs it', async () => {
  await listening(1, 1);
  failing = true;
  await expect(network.reach(3)).rejects.toThrow('away');
  failing = false;
  owned = { version: 3, online: [1, 2] };
  await network.reach(3);
  expect(written).toEqual(['+p2']);
});

test('events of another realm and other events are not for it', async () => {
  await listening(0);
  network.receive({ ...online(1, 1), realm: 'other' });
  network.receive({ name: 'account.deleted', realm: 'mesh', accountId: id<AccountId>(1) });
  expect(written).toEqual([]);
  expect(network.version).toBe(0);
});
