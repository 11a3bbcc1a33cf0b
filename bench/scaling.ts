// node bench/dist/scaling.js: what a number of connections needs, from what was measured on one machine, and how long the way back takes
// when gateways die, simulated client by client. docs/scaling.md explains the figures. `--measure` measures NATS' share anew.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { MessageCreated, everyEventOf } from '@parley/contracts';
import { startNats } from '@parley/testing';
import { readCommandLine } from '@parley/scripts/command-line';

const { values } = readCommandLine({
  command: 'node bench/dist/scaling.js',
  about: 'What a number of connections needs; docs/scaling.md explains the figures.',
  options: {
    connections: { type: 'string', value: '<n>', whole: [1, 1e12], help: 'how many (1000000)' },
    measure: { type: 'boolean', help: "measures NATS' share anew" },
    seed: { type: 'string', value: '<n>', whole: [0, 1e12], help: 'repeats a simulation' },
  },
});
const connections = Number(values.connections ?? 1_000_000);

/** Each with where it comes from; change them to your own. */
const measured = {
  gatewayBytesPerConnection: 11_300,
  gatewayBytesBase: 120e6,
  connectCpuMs: 0.5,
  deliveriesPerCpuSecondAlone: 109_000,
  deliveriesPerCpuSecondHot: 1_700_000,
  rowsPerSecondOfPostgres: 23_000,
  keepingCpuMsPerMessage: 0.28,
  resumesPerCpuSecondOfChat: 5_000,
  natsBytesPerSubscription: 880,
  natsMessagesPerSecond: 1_250_000,
};
const assumed = {
  connectionsPerGateway: 50_000,
  channelsPerConnection: 5,
  listenersPerMessage: 20,
  messagesPerConnectionPerMinute: 0.5,
  coresPerGateway: 1,
  chatReplicas: 8,
};

/** Mulberry32: a run can be made again. */
const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const sizes = (count: number) => {
  const { connectionsPerGateway, channelsPerConnection, listenersPerMessage, messagesPerConnectionPerMinute } = assumed;
  const gateways = Math.max(2, Math.ceil(count / connectionsPerGateway));
  const messages = (count * messagesPerConnectionPerMinute) / 60;
  // In how many gateways the listeners of one message are, when they are spread evenly.
  const reached = gateways * (1 - (1 - 1 / gateways) ** listenersPerMessage);
  const perGateway = (messages * listenersPerMessage) / gateways;
  const subscriptions = gateways * Math.min(connectionsPerGateway, count / gateways) * (channelsPerConnection + 1);
  return {
    gateways,
    'memory of one gateway, GB':
      (measured.gatewayBytesBase + (count / gateways) * measured.gatewayBytesPerConnection) / 1e9,
    'messages a second': messages,
    'cores of all services that keep them': (messages * measured.keepingCpuMsPerMessage) / 1000,
    'deliveries a second, each gateway': perGateway,
    'of one core there, written one by one': perGateway / measured.deliveriesPerCpuSecondAlone,
    'events a second through NATS, out': messages * reached,
    'of one NATS': (messages * reached) / measured.natsMessagesPerSecond,
    'subscriptions, at most, millions': subscriptions / 1e6,
    'NATS memory for them, GB': (subscriptions * measured.natsBytesPerSubscription) / 1e9,
    'of one PostgreSQL': messages / measured.rowsPerSecondOfPostgres,
  };
};

const stepMs = 10;
const attemptTimeoutMs = 10_000;
const backoff = { baseMs: 250, maxMs: 10_000 };

type ForClient = (client: number) => void;

/** A queue that serves so many in a step, first come first served; who waits too long has gone, and the work is done in vain. */
const station = (perSecond: number) => {
  const waiting: { readonly client: number; readonly since: number }[] = [];
  let [next, credit, deepest] = [0, 0, 0];
  return {
    push: (client: number, now: number): void => void waiting.push({ client, since: now }),
    serve: (now: number, done: ForClient, gone: ForClient): void => {
      credit = Math.min(credit + (perSecond * stepMs) / 1000, perSecond);
      deepest = Math.max(deepest, waiting.length - next);
      for (let first = waiting[next]; first && credit >= 1; first = waiting[next]) {
        const { client, since } = first;
        next += 1;
        credit -= 1;
        if (now - since > attemptTimeoutMs) gone(client);
        else done(client);
      }
      if (credit > 1 && next === waiting.length) credit = 1;
    },
    get deepest(): number {
      return deepest;
    },
  };
};

interface Return {
  readonly count: number;
  /** Gateways that live. */
  readonly live: number;
  readonly random: () => number;
}

/** When each client tries again: full jitter, as the SDK does. */
const attemptPlan = (count: number, random: () => number) => {
  const attempts = new Uint8Array(count);
  const buckets = new Map<number, number[]>();
  return {
    plan: (client: number, now: number): void => {
      const attempt = attempts[client] ?? 0;
      const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
      const at = Math.ceil((now + random() * ceiling) / stepMs) * stepMs;
      attempts[client] = attempt + 1;
      const bucket = buckets.get(at);
      if (bucket) bucket.push(client);
      else buckets.set(at, [client]);
    },
    take: (now: number): readonly number[] => {
      const due = buckets.get(now) ?? [];
      buckets.delete(now);
      return due;
    },
  };
};

/** All who were on the gateways that died come back to those that live, and resume at chat. */
const comeBack = ({ count, live, random }: Return) => {
  const perGateway = (1000 / measured.connectCpuMs) * assumed.coresPerGateway;
  const gateways = Array.from({ length: live }, () => station(perGateway));
  const chat = station(measured.resumesPerCpuSecondOfChat * assumed.chatReplicas);
  const { plan, take } = attemptPlan(count, random);
  let made = 0;
  const times: number[] = [];
  for (let client = 0; client < count; client += 1) plan(client, 0);
  for (let now = 0; times.length < count && now < 3_600_000; now += stepMs) {
    const planAgain: ForClient = (client) => plan(client, now);
    for (const client of take(now)) {
      made += 1;
      gateways[Math.floor(random() * live)]?.push(client, now);
    }
    for (const gateway of gateways) gateway.serve(now, (client) => chat.push(client, now), planAgain);
    chat.serve(now, () => times.push(now), planAgain);
  }
  return {
    clients: count,
    'attempts for each': made / count,
    'half are back after, s': (times[Math.floor(times.length / 2)] ?? NaN) / 1000,
    'all are back after, s': (times.at(-1) ?? 0) / 1000,
    'longest queue of a gateway': Math.max(...gateways.map(({ deepest }) => deepest)),
    'longest queue at chat': chat.deepest,
  };
};

const rssOf = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;

/** What one scope that a gateway listens to costs a real nats-server, over ten connections as of ten gateways. */
const measureNats = async (count = 200_000) => {
  const nats = await startNats();
  const log = { warn: () => undefined, error: () => undefined };
  const gateways = await Promise.all(
    Array.from({ length: 10 }, (_, n) => connectNats({ servers: nats.url, name: `gateway-${n}`, log })),
  );
  const before = rssOf(nats.pid);
  for (let n = 0; n < count / gateways.length; n += 1)
    for (const bus of gateways)
      await bus.listen(everyEventOf({ kind: 'channel', id: randomUUID() }), MessageCreated, () => undefined);
  const bytes = (rssOf(nats.pid) - before) / count;
  await Promise.all(gateways.map((bus) => bus.drain()));
  await nats.stop();
  return bytes;
};

const print = (title: string, figures: Readonly<Record<string, number>>): void => {
  console.log(`\n${title}`);
  for (const [name, value] of Object.entries(figures))
    console.log(`  ${name.padEnd(42)} ${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 })}`);
};

if (values.measure) {
  measured.natsBytesPerSubscription = await measureNats();
  print('measured now', { 'bytes of NATS for a subscription': measured.natsBytesPerSubscription });
}
const random = seeded(Number(values.seed ?? 1));
for (const count of [10_000, 100_000, connections]) print(`${count.toLocaleString('en')} connections`, sizes(count));
const { gateways } = sizes(connections);
const each = Math.ceil(connections / gateways);
print('one gateway is killed', comeBack({ count: each, live: gateways - 1, random }));
const third = Math.ceil(gateways / 3);
print('a third of all are killed (a zone)', comeBack({ count: each * third, live: gateways - third, random }));
print('all start again at once', comeBack({ count: connections, live: gateways, random }));
