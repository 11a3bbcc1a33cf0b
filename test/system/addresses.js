// No address is held twice and nobody is refused while one is free: 16 clients against two signaling replicas fill a /24 to its
// last host and churn at 95 % fill, at the core. Then agents on two gateways, one of which is killed, started again, and stopped for
// longer than it may be silent: who was there goes offline within ten seconds, and comes back with its gateway.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectNats } from '@parley/bus';
import { signaling } from '@parley/contracts';
import { eventually, openSocket, startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { seeded } from './proof/random.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ pairs: whole('addresses exchanged (20000)'), seed: whole('repeats a run', 0) });
const pairCount = Number(values.pairs ?? 20_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = seeded(seed);
const [clientCount, hostCount, heldCount] = [16, 254, 241];

const silent = { warn: () => undefined, error: () => undefined };

/** A client of the core with a connection of its own. */
const coreClient = async (servers, index) => {
  const bus = await connectNats({ servers, name: `prove-${index}`, log: silent });
  afterwards(() => bus.drain());
  return bus.client(signaling);
};

let accounts = 0;
const newAccount = () => {
  const accountId = randomUUID();
  const number = (accounts += 1);
  const names = { number, handle: accountId, name: `account-${number}` };
  return {
    principal: { kind: 'account', realm: 'mesh', dialect: 'mesh', accountId, ...names, sessionId: randomUUID() },
  };
};

/** An organization with a /24 that this many accounts are in. */
const crowdedOrganization = async (clients, subnet, count) => {
  const people = Array.from({ length: count }, newAccount);
  const { number } = await clients[0].organization.create({ name: 'Crowd', subnet }, people[0]);
  const reference = { number };
  const queue = people.slice(1);
  const joinAll = async (client) => {
    for (let one = queue.shift(); one; one = queue.shift()) await client.organization.join({ reference }, one);
  };
  await Promise.all(clients.map(joinAll));
  return { reference, people };
};

const fillIt = async (clients) => {
  const { reference, people } = await crowdedOrganization(clients, '10.1.0.0/24', hostCount + clientCount);
  const queue = [...people];
  const given = [];
  const refused = [];
  const began = performance.now();
  const fill = async (client) => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      try {
        given.push((await client.lease.allocate({ reference }, one)).address);
      } catch (error) {
        refused.push({ reason: error.reason, left: hostCount - given.length });
      }
    }
  };
  await Promise.all(clients.map(fill));
  figure('a /24 filled to its last host in', (performance.now() - began) / 1000, 's');
  check(
    `all ${hostCount} hosts were given, each once`,
    given.length === hostCount && new Set(given).size === hostCount,
  );
  const hosts = new Set(Array.from({ length: hostCount }, (_, n) => `10.1.0.${n + 1}`));
  check(
    'never the network’s own address or the broadcast',
    given.every((one) => hosts.has(one)),
  );
  check(
    `the ${refused.length} beyond them were told that it is full, and not before it was`,
    refused.length === clientCount &&
      refused.every(({ reason, left }) => reason === 'subnet_full' && left < clientCount),
  );
};

const churn = async (clients) => {
  const perClient = Math.ceil(heldCount / clientCount) + 4;
  const { reference, people } = await crowdedOrganization(clients, '10.2.0.0/24', perClient * clientCount);
  const holders = new Map();
  const wrong = { twice: 0, refused: 0 };
  const latencies = [];
  const pools = clients.map((client, n) => ({
    client,
    held: [],
    free: people.slice(n * perClient, (n + 1) * perClient),
  }));

  const take = async ({ client, held }, one) => {
    const began = performance.now();
    const { address } = await client.lease.allocate({ reference }, one);
    latencies.push(performance.now() - began);
    if (holders.has(address)) wrong.twice += 1;
    holders.set(address, one.principal.accountId);
    held.push({ one, address });
  };
  const give = async ({ client, held, free }) => {
    const [{ one, address }] = held.splice(Math.floor(random() * held.length), 1);
    // From here on somebody else may get it.
    holders.delete(address);
    const { released } = await client.lease.release({ reference }, one);
    if (released !== address) wrong.twice += 1;
    free.push(one);
  };
  for (let n = 0; n < heldCount; n += 1) {
    const pool = pools[n % clientCount];
    await take(pool, pool.free.shift());
  }
  latencies.length = 0;
  let left = pairCount;
  const began = performance.now();
  const run = async (pool) => {
    while (left > 0) {
      left -= 1;
      await give(pool);
      await take(pool, pool.free.shift()).catch(() => (wrong.refused += 1));
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
  check('nobody was refused while one was free', wrong.refused === 0);
  const listed = await clients[0].lease.list({ reference }, people[0]);
  check(
    `what is listed is what ${holders.size} hold`,
    listed.length === holders.size && listed.every((one) => holders.get(one.address) === one.accountId),
  );
};

const ask = async (url, path, body, token) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

const newUser = async (url) => {
  const credentials = { email: `${randomUUID()}@example.com`, password: 'password123' };
  await ask(url, '/register', credentials);
  return (await ask(url, '/login', credentials)).access_token;
};

/** A registered agent that knows who is online as its README tells it to: the list it was given, and what it heard since. */
const newAgent = async (url, token, agent_id) => {
  const first = [{ type: 'register', agent_id, public_ip: '203.0.113.1', public_port: 50_000 }];
  const { socket, waitFor, received } = await openSocket(`${url}/ws?token=${token}`, { first });
  afterwards(() => socket.terminate());
  await waitFor('register_agent_response');
  const online = () => {
    const known = new Set();
    for (const frame of received) {
      for (const peer of frame.existing_peers ?? []) known.add(peer.peer_id);
      if (frame.type === 'peer_online') known.add(frame.peer.peer_id);
      if (frame.type === 'peer_offline') known.delete(frame.peer_id);
    }
    return known.size;
  };
  return { socket, online };
};

const killGateways = async ({ urls, processes }) => {
  const [near, far] = urls;
  const [watcherCount, agentCount] = [5, 40];
  const tokens = [];
  for (let n = 0; n < watcherCount + agentCount; n += 1) tokens.push(await newUser(near));
  const { id } = await ask(near, '/organizations', { name: 'Mesh', subnet: '10.3.0.0/24' }, tokens[0]);
  for (const token of tokens.slice(1)) await ask(near, `/organizations/${id}/join`, {}, token);
  for (const token of tokens) await ask(near, `/organizations/${id}/allocate_ip`, {}, token);
  const watchers = [];
  for (let n = 0; n < watcherCount; n += 1) watchers.push(await newAgent(near, tokens[n], `watcher-${n}`));
  const connectFar = () =>
    Promise.all(tokens.slice(watcherCount).map((token, n) => newAgent(far, token, `agent-${n}`)));
  const seen = async (count, withinMs = 15_000) => {
    const began = performance.now();
    await eventually(() => watchers.every(({ online }) => online() === count - 1), { withinMs });
    return (performance.now() - began) / 1000;
  };

  await connectFar();
  await seen(watcherCount + agentCount);
  const gateway = processes.get('gateway-2');
  await gateway.kill('SIGKILL');
  const offline = await seen(watcherCount);
  figure(`${agentCount} agents of a killed gateway are offline after`, offline, 's');
  check('within ten seconds', offline <= 10);

  await gateway.start();
  const agents = await connectFar();
  await seen(watcherCount + agentCount);
  check('they are online again through the gateway that was started anew', true);
  await gateway.kill('SIGSTOP');
  await seen(watcherCount);
  await sleep(1_000);
  await gateway.kill('SIGCONT');
  const again = await seen(watcherCount + agentCount);
  figure('a gateway that lapsed has announced its peers again after', again, 's');
  check(
    'their sockets never closed',
    agents.every(({ socket }) => socket.readyState === 1),
  );
  await eventually(() => agents.every(({ online }) => online() === watcherCount + agentCount - 1), {
    withinMs: 15_000,
  });
  check('and they themselves know everybody', true);
};

await prove(
  async () => {
    console.log(`  seed ${seed}`);
    const stack = await startStack({ scale: { signaling: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    const clients = [];
    for (let n = 0; n < clientCount; n += 1) clients.push(await coreClient(stack.nats.url, n));
    await fillIt(clients);
    await churn(clients);
    await killGateways(stack);
  },
  { withinMs: 300_000 },
);
finish();
