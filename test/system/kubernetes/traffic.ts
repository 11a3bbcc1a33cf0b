// SDK sockets that send and receive while the cluster changes under them.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { signUp } from '@parley/client';
import { type Load, openLoad, type Sending, startSending, verifyLoad } from '../delivery/load.js';
import { check, figure } from '../proof/figures.js';
import type { Random } from '../proof/random.js';
import { apply, namespace, read, until } from './cluster.js';

/** Longer than an uninstalled platform is away: a send fails only when it is lost. */
const deadlineMs = 900_000;
const flowsWithinMs = 300_000;

export interface Traffic {
  readonly load: Load;
  stop(): Promise<Sending>;
}

export interface TrafficOptions {
  readonly sockets: number;
  readonly rate: number;
  readonly random: Random;
}

/** A Service of the proof's own: its address outlives the release. */
const entry = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'parley-proof', namespace },
  spec: {
    selector: { 'app.kubernetes.io/name': 'gateway', 'app.kubernetes.io/component': 'server' },
    ports: [{ name: 'http', port: 80, targetPort: 'http' }],
  },
};

/** The URL at which this machine reaches the gateways: the address of a Service. */
export const makeEntry = async (): Promise<string> => {
  await apply(entry);
  const url = `http://${await read('service/parley-proof', '.spec.clusterIP')}`;
  const answers = await until(async () => (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok);
  if (!answers) throw new Error(`No gateway answers at ${url}: run the proof where Service addresses are reachable`);
  return url;
};

export const startTraffic = async ({ sockets, rate, random }: TrafficOptions): Promise<Traffic> => {
  const name = `proof-${randomBytes(4).toString('hex')}`;
  const url = await makeEntry();
  // Stores were moved a moment ago.
  const works = () => signUp({ url, username: `${name}-first`, password: 'correct horse' }).then(() => true);
  if (!(await until(works))) throw new Error('Nobody can sign up');
  const load = await openLoad([url], { socketCount: sockets, random, name });
  const { stop } = startSending(load, rate, deadlineMs);
  return { load, stop };
};

/** Waits until every socket receives what is sent from now on. */
const flows = async ({ users }: Load): Promise<boolean> => {
  const before = users.map(({ latencies }) => latencies.length);
  const receivesAll = (): boolean => users.every(({ latencies }, at) => latencies.length > (before[at] ?? 0));
  for (const end = performance.now() + flowsWithinMs; !receivesAll(); await sleep(100))
    if (performance.now() > end) return false;
  return true;
};

/** Does something to the cluster under traffic; prints how long it took and the longest time in which no socket received anything. */
export const under = async ({ load }: Traffic, what: string, work: () => Promise<unknown>): Promise<void> => {
  load.sockets.takeSilenceMs();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  check(`${what}: every socket receives again`, await flows(load));
  figure(`${what}: took`, seconds, 's');
  figure(`${what}: longest silence`, load.sockets.takeSilenceMs() / 1000, 's');
};

/** Ends the sending, reads everything back and checks it. */
export const verifyTraffic = async (traffic: Traffic): Promise<void> => {
  await verifyLoad(traffic.load, await traffic.stop());
  for (const { client } of traffic.load.users) await client.close();
};
