// A room in which some clients stop reading: they are closed with 1013, the others receive as before, and the gateway's memory is
// bounded. Readers count frames in a process of their own, so that what is measured is the gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServiceProcess, startStack } from '@parley/testing';
import { signUpV1, type V1Member, v1Member } from '../clients/v1.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { metricOf } from './proof/metrics.js';
import { readOptions, whole } from './proof/options.js';
import { at } from './proof/random.js';
import { highest, residentMb } from './proof/usage.js';
import { type Readers, startReaders } from './slow-reader/commands.js';

const { values } = readOptions({ seconds: whole('how long is written (10)'), rate: whole('messages a second (40)') });
const { seconds = 10, rate: perSecond = 40 } = values;
const [readerCount, textBytes] = [50, 16_000];
const outgoingBytesMax = 4 * 1024 * 1024;
/** What the kernel holds for a connection that is not read, on both of its sides, comes before the gateway's own limit. */
const closedWithinMs = 90_000;

interface Setup {
  readonly url: string;
  readonly channelId: string;
  readonly speakers: readonly V1Member[];
  readonly healthy: Readers;
  readonly gateway: ServiceProcess;
}

const openReaders = async (url: string, channelId: string, count: number, name: string): Promise<Readers> => {
  const { token } = await signUpV1(url, name);
  return startReaders({ url, channelId, token, count });
};

/** So many messages a second, evenly; each says when it was sent, by the clock that all processes share. */
const speak = async (
  { speakers, channelId }: Pick<Setup, 'speakers' | 'channelId'>,
  goesOn: (ms: number) => boolean,
): Promise<number> => {
  const padding = 'x'.repeat(textBytes);
  const open: Promise<unknown>[] = [];
  const began = performance.now();
  let sent = 0;
  while (goesOn(performance.now() - began)) {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; sent < due; sent += 1) open.push(at(speakers, sent).send({ channelId }, `${Date.now()} ${padding}`));
    await sleep(5);
  }
  await Promise.all(open);
  return sent;
};

interface Phase {
  readonly p99: number;
  /** The gateway's memory at most, in MB. */
  readonly most: number;
}

const runPhase = async (setup: Setup, name: string, goesOn: (ms: number) => boolean): Promise<Phase> => {
  const { gateway, healthy } = setup;
  await healthy.begin();
  const began = performance.now();
  const { value: sent, most } = await highest(
    () => residentMb(gateway.pid),
    () => speak(setup, goesOn),
    50,
  );
  const took = (performance.now() - began) / 1000;
  await sleep(500);
  const { latencies, missed } = await healthy.end();
  const p99 = percentile(latencies, 0.99);
  figure(`${name}: deliveries a second`, latencies.length / took);
  figure(`${name}: received within, p50`, percentile(latencies, 0.5), 'ms');
  figure(`${name}: received within, p99`, p99, 'ms');
  figure(`${name}: gateway's memory at most`, most, 'MB');
  check(
    `${name}: every other reader receives each of ${sent}`,
    missed === 0 && latencies.length === sent * readerCount,
  );
  return { p99, most };
};

/** Calls `onClosed` once so many connections more than now were closed as slow readers; stopping ends the watch. */
const watchClosed = async ({ healthUrl }: ServiceProcess, count: number, onClosed: () => void) => {
  const closed = (): Promise<number> =>
    metricOf(healthUrl, 'parley_connections_closed_total', { reason: 'slow_reader' });
  const before = await closed();
  const timer = setInterval(() => void closed().then((now) => now >= before + count && onClosed()), 250);
  return () => clearInterval(timer);
};

const withStalled = async (setup: Setup, count: number, before: Phase): Promise<void> => {
  const name = `${count} that stop reading`;
  const stuck = await openReaders(setup.url, setup.channelId, count, `stuck-${count}`);
  let closedAfterMs: number | null = null;
  const began = performance.now();
  const stopWatching = await watchClosed(setup.gateway, count, () => (closedAfterMs ??= performance.now() - began));
  await stuck.stall();
  const during = await runPhase(
    setup,
    name,
    (ms) => ms < closedWithinMs && (closedAfterMs === null || ms < seconds * 1000),
  );
  stopWatching();
  check(`${name}: all are closed`, closedAfterMs !== null);
  figure(`${name}: closed after`, (closedAfterMs ?? NaN) / 1000, 's');
  const codes = await stuck.resume();
  // The close frame waits behind what was not read; a client that rests longer than 2 s after it is cut off instead (1006).
  console.log(`  when they read again they see: ${JSON.stringify(codes)}`);
  check(
    `${name}: closed with 1013, or cut off`,
    codes.length === count && codes.every((code) => code === 1013 || code === 1006),
  );
  figure(`${name}: p99 of the others, times what it was`, during.p99 / before.p99);
  check(`${name}: the others' p99 stays (at most doubled, or below 50 ms)`, during.p99 <= Math.max(50, before.p99 * 2));
  const boundMb = 60 + (count * outgoingBytesMax * 2) / 1024 ** 2;
  figure(`${name}: gateway grew by`, during.most - before.most, 'MB');
  check(`${name}: … by at most ${boundMb.toFixed(0)} MB`, during.most - before.most <= boundMb);
};

await prove(
  async () => {
    const environment = {
      PARLEY_FRAMES_PER_SECOND: '1000',
      PARLEY_FRAMES_BURST: '1000',
      PARLEY_OUTGOING_BYTES_MAX: String(outgoingBytesMax),
    };
    const stack = await startStack({ environment });
    afterwards(() => stack.stop());
    const [url = ''] = stack.urls;
    const gateway = stack.processes.get('gateway-1');
    if (gateway === undefined) throw new Error('The stack has a gateway');
    const owner = await v1Member(url, 'owner');
    const { id: channelId }: { id: string } = await owner.rest('POST', '/channels', { kind: 'room', title: 'Loud' });
    const speakers = [owner];
    for (let n = 0; n < 4; n += 1) speakers.push(await v1Member(url, `speaker-${n}`));
    const healthy = await openReaders(url, channelId, readerCount, 'healthy');
    const setup = { url, channelId, speakers, healthy, gateway };
    await speak(setup, (ms) => ms < 3_000);
    const before = await runPhase(setup, 'all read', (ms) => ms < seconds * 1000);
    await withStalled(setup, 1, before);
    await withStalled(setup, Math.max(3, Math.ceil(readerCount * 0.05)), before);
  },
  { withinMs: 280_000 },
);
finish();
