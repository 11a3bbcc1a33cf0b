// A Redis Cluster of three masters, each with a replica, on loopback.
import { join } from 'node:path';
import { eventually, freePort, runServer, type RunningServer, serverBinaries } from '@parley/testing';
import { Redis } from 'ioredis';

const slots = 16_384;
const masters = 3;
/** Without an answer for this long a node is taken for dead: enough for a busy machine. */
const nodeTimeoutMs = 2_000;

export interface RedisCluster {
  /** A REDIS_URL with the first three nodes. */
  readonly url: string;
  /** Who has the slot of a key now, as a living node says. */
  nodesOf(key: string): Promise<{ readonly master: RunningServer; readonly replica: RunningServer | undefined }>;
  stop(): Promise<void>;
}

/** Runs commands on one node and closes the connection. */
const withNode = async <T>(port: number, work: (node: Redis) => Promise<T>): Promise<T> => {
  const node = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  node.on('error', () => undefined);
  try {
    await node.connect();
    return await work(node);
  } finally {
    node.disconnect();
  }
};

interface Node {
  readonly server: RunningServer;
  readonly clusterPort: number;
}

const startNode = async (index: number): Promise<Node> => {
  const { redis: binary } = await serverBinaries();
  const clusterPort = await freePort();
  const server = await runServer({
    ...{ name: `redis-cluster-${index}`, binary, stopSignal: 'SIGTERM' },
    url: (port) => `redis://127.0.0.1:${port}`,
    arguments: (folder, port) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', join(folder, 'data')],
      ...['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-port', String(clusterPort)],
      ...['--cluster-node-timeout', String(nodeTimeoutMs), '--cluster-require-full-coverage', 'no'],
      ...['--repl-diskless-sync-delay', '0'],
    ],
    probe: (port) => withNode(port, async (node) => void (await node.ping())),
  });
  return { server, clusterPort };
};

const share = async (nodes: readonly Node[]): Promise<void> => {
  const [first] = nodes;
  if (first === undefined) throw new Error('A cluster has at least one node');
  for (const [index, { server }] of nodes.entries())
    await withNode(server.port, async (node) => {
      // The epochs of new nodes are equal, and settling them takes seconds.
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
      await node.call('CLUSTER', 'MEET', '127.0.0.1', String(first.server.port), String(first.clusterPort));
      if (index >= masters) return;
      const [from, to] = [index, index + 1].map((each) => Math.floor((each * slots) / masters));
      await node.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String((to ?? slots) - 1));
    });
};

/** From and to which slot, then host and port of the master and of its replicas. */
type SlotRange = readonly [number, number, ...(readonly [string, number])[]];

const slotRangesOf = (node: Redis): Promise<SlotRange[]> => node.call('CLUSTER', 'SLOTS') as Promise<SlotRange[]>;

/** Whether the node knows all masters and a replica of each: what it has not heard of yet would be missing in `nodesOf`. */
const isWhole = async (node: Redis): Promise<boolean> => {
  const info = (await node.call('CLUSTER', 'INFO')) as string;
  const ranges = await slotRangesOf(node);
  return (
    info.includes('cluster_state:ok') &&
    ranges.length === masters &&
    ranges.every(([, , ...owners]) => owners.length > 1)
  );
};

const follow = async (replica: RunningServer, master: RunningServer): Promise<void> => {
  const id = (await withNode(master.port, (node) => node.call('CLUSTER', 'MYID'))) as string;
  // Refused until the node knows the other one.
  await eventually(() => withNode(replica.port, (node) => node.call('CLUSTER', 'REPLICATE', id)));
  await eventually(async () => /master_link_status:up/.test(await withNode(replica.port, (node) => node.info())));
};

/** The caller stops it. Rejects when the cluster is not whole within the time of `eventually`. */
export const startRedisCluster = async (): Promise<RedisCluster> => {
  const nodes = await Promise.all(Array.from({ length: 2 * masters }, (_, index) => startNode(index + 1)));
  const all = nodes.map(({ server }) => server);
  const stop = async (): Promise<void> => void (await Promise.all(all.map((server) => server.stop())));
  try {
    await share(nodes);
    await Promise.all(all.slice(masters).map((replica, index) => follow(replica, all[index] ?? replica)));
    await eventually(async () => {
      const seen = await Promise.all(all.map((server) => withNode(server.port, isWhole)));
      return !seen.includes(false);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const portsOf = async (key: string): Promise<number[]> => {
    for (const { port } of all)
      try {
        return await withNode(port, async (node) => {
          const slot = (await node.call('CLUSTER', 'KEYSLOT', key)) as number;
          const [, , ...owners] = (await slotRangesOf(node)).find(([from, to]) => from <= slot && slot <= to) ?? [0, 0];
          return owners.map(([, ownerPort]) => ownerPort);
        });
      } catch {
        // This one is dead.
      }
    throw new Error('No node of the cluster answers');
  };
  return {
    url: `redis+cluster://${all
      .slice(0, masters)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join()}`,
    async nodesOf(key) {
      const [master, replica] = (await portsOf(key)).map((port) => all.find((server) => server.port === port));
      if (master === undefined) throw new Error(`No node serves the slot of ${key}`);
      return { master, replica };
    },
    stop,
  };
};
