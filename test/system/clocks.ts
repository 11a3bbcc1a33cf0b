// Clocks that are wrong do no harm: two of every service, each with a time of day that is an hour ahead or behind, stepped by up to an hour
// every second while 20 SDK clients send and their tokens, which live for a minute, are renewed. Then everything that was sent is counted.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signUp } from '@parley/client';
import { type Stack, startStack } from '@parley/testing';
import {
  acknowledgedOf,
  attachAll,
  described,
  failedOf,
  openRecordingClient,
  type Outcome,
  reconnections,
  type RecordingClient,
  send,
} from './delivery/recording-client.js';
import { verifyDelivery } from './delivery/verify-delivery.js';
import { watchedSockets } from './delivery/watched-socket.js';
import { afterwards, prove } from './proof/cleanup.js';
import { checkNone, figure, finish, percentiles } from './proof/figures.js';
import { readOptions, seedOf, whole } from './proof/options.js';
import { at, oneOf, seeded } from './proof/random.js';

const { values } = readOptions({ seconds: whole('how long they send (75)'), seed: whole('repeats a run', 0) });
const { seconds = 75 } = values;
const seed = seedOf(values.seed);
const random = seeded(seed);
const [clientCount, channelCount, sendCount] = [20, 4, 2_000];
const hourMs = 3_600_000;
const steps = [0, -20_000, 20_000, -850, 5_000, hourMs, -hourMs];

const sockets = watchedSockets();

const openClient = async (urls: readonly string[], index: number): Promise<RecordingClient> => {
  const url = at(urls, index);
  const tokens = await signUp({ url, username: `client-${index}`, password: 'correct horse' });
  return openRecordingClient({ url, tokens, webSocket: sockets.WatchedSocket });
};

const openChannels = async (users: readonly RecordingClient[]): Promise<string[]> => {
  const { rest } = at(users, 0).client;
  const memberIds = users.slice(1).map(({ id }) => id);
  const channels: string[] = [];
  for (let n = 1; n <= channelCount; n += 1)
    channels.push((await rest.createChannel({ kind: 'group', memberIds, title: `Channel ${n}` })).id);
  for (const user of users) await attachAll(user, channels);
  return channels;
};

/** Each second another process gets another time of day. Stopping gives how often. */
const stepClocks = (stack: Stack, folder: string): (() => number) => {
  const processes = [...stack.processes.values()];
  let stepped = 0;
  const timer = setInterval(() => {
    const { healthUrl } = oneOf(processes, random);
    writeFileSync(join(folder, new URL(healthUrl).port), String(oneOf(steps, random)));
    stepped += 1;
  }, 1_000);
  return () => {
    clearInterval(timer);
    return stepped;
  };
};

const sendAll = async (users: readonly RecordingClient[], channels: readonly string[]): Promise<Outcome[]> => {
  const outcomes: Promise<Outcome>[] = [];
  for (let n = 0; n < sendCount; n += 1) {
    const from = n % clientCount;
    const other = from + 1 + Math.floor(random() * (clientCount - 1));
    const target = n % 2 === 1 ? { directWith: at(users, other).id } : { channelId: at(channels, n) };
    outcomes.push(send(at(users, from), { n, from, target }, 20_000));
    await sleep((seconds * 1_000) / sendCount);
  }
  return Promise.all(outcomes);
};

/** A request that needs a token, at each gateway: what is refused is refused because of a clock. */
const requestChannels = (users: readonly RecordingClient[], refused: string[]): (() => void) => {
  const timer = setInterval(() => {
    for (const { client } of users)
      client.rest.channels().catch((error: unknown) => void refused.push(described(error)));
  }, 2_000);
  return () => clearInterval(timer);
};

await prove(
  async () => {
    console.log(`  seed ${seed}, ${seconds} s of sending`);
    const folder = mkdtempSync(join(tmpdir(), 'parley-clocks-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const shifted = new URL('./clocks/shifted-date.js', import.meta.url).href;
    const stack = await startStack({
      scale: { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 },
      environment: {
        NODE_OPTIONS: `--import=${shifted}`,
        SHIFTED_DATE_FOLDER: folder,
        PARLEY_ACCESS_MINUTES_V1: '1',
      },
    });
    afterwards(() => stack.stop());
    const users: RecordingClient[] = [];
    for (let index = 0; index < clientCount; index += 1) users.push(await openClient(stack.urls, index));
    const channels = await openChannels(users);
    const stopStepping = stepClocks(stack, folder);
    const refused: string[] = [];
    const stopRequests = requestChannels(users, refused);
    const outcomes = await sendAll(users, channels);
    stopRequests();

    const failed = failedOf(outcomes);
    figure('steps of clocks', stopStepping());
    figure('sends', outcomes.length);
    figure('refused', failed.length);
    figure('attempts on the wire', sockets.counts.sendAttempts);
    figure('refused over REST', refused.length);
    figure('reconnections', reconnections(users));
    const latencies = acknowledgedOf(outcomes).map(({ ms }) => ms);
    percentiles('acknowledged within', latencies, [0.5, 0.99]);
    checkNone('no send was refused', failed);
    checkNone('no request was refused', refused);
    await verifyDelivery({ users, channels, outcomes }, { withinMs: 20_000 });
  },
  { withinMs: 240_000 },
);
finish();
