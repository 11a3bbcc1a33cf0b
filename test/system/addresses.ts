// No address is allocated twice and no client is refused while one is free: 16 clients on two signaling replicas fill a /24 to its last
// host and exchange addresses at 95 % fill, over the bus. Then agents on two gateways, one of which is killed, started again, and
// suspended for longer than the heartbeat timeout: its agents are offline within ten seconds, and come back with their gateway.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectNats } from '@parley/bus';
import { AccountPrincipal, isFault, signaling } from '@parley/contracts';
import { eventually, type Frame, type Stack, startStack, type TestSocket } from '@parley/testing';
import { allocateAddress, connect, joinOrganization, type MeshUser, meshUser } from '../clients/mesh.js';
import { done } from '../clients/http.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { readOptions, seedOf, whole } from './proof/options.js';
import { at, seeded } from './proof/random.js';

const { values } = readOptions({ pairs: whole('addresses exchanged (20000)'), seed: whole('repeats a run', 0) });
const { pairs: pairCount = 20_000 } = values;
const seed = seedOf(values.seed);
const random = seeded(seed);
const [clientCount, hostCount, heldCount] = [16, 254, 241];

const silent = { warn: () => undefined, error: () => undefined };

/** A client of signaling with a connection to the bus of its own. */
const openClient = async (servers: string, index: number) => {
  const bus = await connectNats({ servers, name: `prove-${index}`, log: silent });
  afterwards(() => bus.drain());
  return bus.client(signaling);
};
type Client = Awaited<ReturnType<typeof openClient>>;

interface Caller {
  readonly principal: AccountPrincipal;
}

let accounts = 0;
const newCaller = (): Caller => {
  const accountId = randomUUID();
  const number = (accounts += 1);
  const names = { number, handle: accountId, name: `account-${number}` };
  const principal = { kind: 'account', realm: 'mesh', dialect: 'mesh', accountId, ...names, sessionId: randomUUID() };
  return { principal: AccountPrincipal.parse(principal) };
};

/** An organization with a /24 that this many accounts are in. */
const openOrganization = async (clients: readonly Client[], subnet: string, count: number) => {
  const callers = Array.from({ length: count }, newCaller);
  const { number } = await at(clients, 0).organization.create({ name: 'Full', subnet }, at(callers, 0));
  const reference = { number };
  const queue = callers.slice(1);
  const joinAll = async (client: Client): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) await client.organization.join({ reference }, one);
  };
  await Promise.all(clients.map(joinAll));
  return { reference, callers };
};

const fillSubnet = async (clients: readonly Client[]): Promise<void> => {
  const { reference, callers } = await openOrganization(clients, '10.1.0.0/24', hostCount + clientCount);
  const queue = [...callers];
  const allocated: string[] = [];
  const refused: { reason: string; left: number }[] = [];
  const began = performance.now();
  const fill = async (client: Client): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      try {
        allocated.push((await client.lease.allocate({ reference }, one)).address);
      } catch (error) {
        if (!isFault(error)) throw error;
        refused.push({ reason: error.reason, left: hostCount - allocated.length });
      }
    }
  };
  await Promise.all(clients.map(fill));
  figure('a /24 filled to its last host in', (performance.now() - began) / 1000, 's');
  check(
    `all ${hostCount} hosts were allocated, each once`,
    allocated.length === hostCount && new Set(allocated).size === hostCount,
  );
  const hosts = new Set(Array.from({ length: hostCount }, (_, n) => `10.1.0.${n + 1}`));
  check(
    'never the network’s own address or the broadcast',
    allocated.every((one) => hosts.has(one)),
  );
  check(
    `the ${refused.length} beyond them were refused because it is full, and not before it was`,
    refused.length === clientCount &&
      refused.every(({ reason, left }) => reason === 'subnet_full' && left < clientCount),
  );
};

interface Pool {
  readonly client: Client;
  readonly held: { readonly caller: Caller; readonly address: string }[];
  readonly free: Caller[];
}

const exchange = async (clients: readonly Client[]): Promise<void> => {
  const perClient = Math.ceil(heldCount / clientCount) + 4;
  const { reference, callers } = await openOrganization(clients, '10.2.0.0/24', perClient * clientCount);
  const holders = new Map<string, string>();
  const wrong = { twice: 0, refused: 0 };
  const latencies: number[] = [];
  const pools = clients.map((client, n): Pool => ({
    client,
    held: [],
    free: callers.slice(n * perClient, (n + 1) * perClient),
  }));

  const allocate = async ({ client, held, free }: Pool): Promise<void> => {
    const caller = free.shift();
    if (caller === undefined) throw new Error('Every account of this pool has an address');
    const began = performance.now();
    const { address } = await client.lease.allocate({ reference }, caller);
    latencies.push(performance.now() - began);
    if (holders.has(address)) wrong.twice += 1;
    holders.set(address, caller.principal.accountId);
    held.push({ caller, address });
  };
  const release = async ({ client, held, free }: Pool): Promise<void> => {
    const [lease] = held.splice(Math.floor(random() * held.length), 1);
    if (lease === undefined) return;
    // From here on another account may get it.
    holders.delete(lease.address);
    const { released } = await client.lease.release({ reference }, lease.caller);
    if (released !== lease.address) wrong.twice += 1;
    free.push(lease.caller);
  };
  for (let n = 0; n < heldCount; n += 1) await allocate(at(pools, n));
  latencies.length = 0;
  let left = pairCount;
  const began = performance.now();
  const run = async (pool: Pool): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await release(pool);
      await allocate(pool).catch(() => (wrong.refused += 1));
    }
  };
  await Promise.all(pools.map(run));
  const seconds = (performance.now() - began) / 1000;
  const share = ((heldCount / hostCount) * 100).toFixed(0);
  figure(`release/allocate pairs at ${share} % fill`, pairCount);
  figure('pairs a second', Math.round(pairCount / seconds));
  figure('allocate p50', percentile(latencies, 0.5), 'ms');
  figure('allocate p99', percentile(latencies, 0.99), 'ms');
  check('no address was held twice', wrong.twice === 0);
  check('no request was refused while an address was free', wrong.refused === 0);
  const listed = await at(clients, 0).lease.list({ reference }, at(callers, 0));
  check(
    `what is listed is what ${holders.size} hold`,
    listed.length === holders.size && listed.every((one) => holders.get(one.address) === one.accountId),
  );
};

interface PeerFrame {
  readonly type?: string;
  readonly existing_peers?: readonly { readonly peer_id: string }[];
  readonly peer?: { readonly peer_id: string };
  readonly peer_id?: string;
}

/** The peers that are online, as the README says: the list of the answer to `register`, and the events since. */
const peersIn = (frames: readonly Frame[]): Set<string> => {
  const online = new Set<string>();
  for (const frame of frames as readonly PeerFrame[]) {
    for (const peer of frame.existing_peers ?? []) online.add(peer.peer_id);
    if (frame.type === 'peer_online' && frame.peer) online.add(frame.peer.peer_id);
    if (frame.type === 'peer_offline' && frame.peer_id !== undefined) online.delete(frame.peer_id);
  }
  return online;
};

const openAgent = async (url: string, user: MeshUser, agent_id: string): Promise<TestSocket> => {
  const first = [{ type: 'register', agent_id, public_ip: '203.0.113.1', public_port: 50_000 }];
  const opened = await connect(url, user, { first });
  afterwards(() => opened.socket.terminate());
  await opened.waitFor('register_agent_response');
  return opened;
};

/** Users of one organization, each with an address. */
const openUsers = async (url: string, count: number): Promise<MeshUser[]> => {
  const users: MeshUser[] = [];
  for (let n = 0; n < count; n += 1) users.push(await meshUser(url));
  const founder = { token: at(users, 0).token, body: { name: 'Mesh', subnet: '10.3.0.0/24' } };
  const { id }: { id: number } = await done('POST', `${url}/organizations`, founder);
  for (const user of users.slice(1)) await joinOrganization(url, user, id);
  for (const user of users) await allocateAddress(url, user, id);
  return users;
};

const killGateway = async ({ urls, processes }: Stack): Promise<void> => {
  const [near = '', far = ''] = urls;
  const [watcherCount, agentCount] = [5, 40];
  const all = watcherCount + agentCount;
  const users = await openUsers(near, all);
  const watchers: TestSocket[] = [];
  for (const [n, user] of users.slice(0, watcherCount).entries())
    watchers.push(await openAgent(near, user, `watcher-${n}`));
  const connectFar = (): Promise<TestSocket[]> =>
    Promise.all(users.slice(watcherCount).map((user, n) => openAgent(far, user, `agent-${n}`)));
  /** Seconds until each of these knows so many agents, itself included. */
  const known = async (count: number, sockets: readonly TestSocket[] = watchers): Promise<number> => {
    const began = performance.now();
    await eventually(() => sockets.every(({ received }) => peersIn(received).size === count - 1));
    return (performance.now() - began) / 1000;
  };

  await connectFar();
  await known(all);
  const gateway = processes.get('gateway-2');
  if (gateway === undefined) throw new Error('The stack has two gateways');
  await gateway.kill('SIGKILL');
  const offline = await known(watcherCount);
  figure(`${agentCount} agents of a killed gateway are offline after`, offline, 's');
  check('within ten seconds', offline <= 10);

  await gateway.start();
  const agents = await connectFar();
  await known(all);
  check('they are online again through the gateway that was started again', true);
  await gateway.kill('SIGSTOP');
  await known(watcherCount);
  await sleep(1_000);
  await gateway.kill('SIGCONT');
  figure('a gateway that lapsed has announced its peers again after', await known(all), 's');
  check(
    'their sockets never closed',
    agents.every(({ socket }) => socket.readyState === 1),
  );
  await known(all, agents);
  check('and they themselves know every agent', true);
};

await prove(
  async () => {
    console.log(`  seed ${seed}`);
    const stack = await startStack({ scale: { signaling: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    const clients: Client[] = [];
    for (let n = 0; n < clientCount; n += 1) clients.push(await openClient(stack.nats.url, n));
    await fillSubnet(clients);
    await exchange(clients);
    await killGateway(stack);
  },
  { withinMs: 300_000 },
);
finish();
