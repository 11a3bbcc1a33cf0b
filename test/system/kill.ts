// What was acknowledged is stored, in one order, and received once: 20 SDK clients send 2,000 messages into 5 channels and 2,000 to each
// other while chat, gateways, NATS and PostgreSQL are killed with SIGKILL in turn and come back. Then everything that was sent is counted.
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { signUp } from '@parley/client';
import { type Stack, startStack } from '@parley/testing';
import { type Killing, startKilling, type Target } from './delivery/killing.js';
import {
  type Acknowledged,
  acknowledgedOf,
  attachAll,
  failedOf,
  openRecordingClient,
  type Outcome,
  reconnections,
  type RecordingClient,
  type Send,
  send,
} from './delivery/recording-client.js';
import { verifyDelivery } from './delivery/verify-delivery.js';
import { watchedSockets } from './delivery/watched-socket.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, checkNone, figure, finish, list, percentiles } from './proof/figures.js';
import { readOptions, seedOf, text, whole } from './proof/options.js';
import { at, oneOf, seeded } from './proof/random.js';

const { values } = readOptions({
  seconds: whole('how long they send (60)'),
  seed: whole('repeats a run', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
});
const { seconds = 60, logs } = values;
const seed = seedOf(values.seed);
const random = seeded(seed);
const [clientCount, channelCount, sendsOfEachKind] = [20, 5, 2_000];
const deadlineMs = 75_000;
const receivedWithinMs = 60_000;
const slowestShown = 5;

const sockets = watchedSockets();

const openClient = async (urls: readonly string[], index: number): Promise<RecordingClient> => {
  const first = at(urls, index);
  const tokens = await signUp({ url: first, username: `client-${index}`, password: 'correct horse' });
  const url = [first, ...urls.filter((each) => each !== first)];
  return openRecordingClient({ url, tokens, webSocket: sockets.WatchedSocket });
};

/** Three groups and two rooms, attached by every client from their first message on. */
const openChannels = async (users: readonly RecordingClient[]): Promise<string[]> => {
  const { rest } = at(users, 0).client;
  const memberIds = users.slice(1).map(({ id }) => id);
  const channels: string[] = [];
  for (let n = 1; n <= channelCount; n += 1) {
    const kind = n <= 3 ? { kind: 'group' as const, memberIds } : { kind: 'room' as const };
    channels.push((await rest.createChannel({ ...kind, title: `Channel ${n}` })).id);
  }
  for (const user of users) await attachAll(user, channels);
  return channels;
};

type PlannedSend = Send & { readonly atMs: number };

/** Each client sends as often to channels as to others, spread over the time. */
const planSends = (users: readonly RecordingClient[], channels: readonly string[]): PlannedSend[] => {
  const plan: PlannedSend[] = [];
  for (let n = 0; n < 2 * sendsOfEachKind; n += 1) {
    const from = n % clientCount;
    const other = from + 1 + Math.floor(random() * (clientCount - 1));
    const isDirect = Math.floor(n / clientCount) % 2 === 1;
    const target = isDirect ? { directWith: at(users, other).id } : { channelId: oneOf(channels, random) };
    plan.push({ n, from, target, atMs: random() * seconds * 1000 });
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
};

const sendAll = async (users: readonly RecordingClient[], plan: readonly PlannedSend[]): Promise<Outcome[]> => {
  const began = performance.now();
  const outcomes: Promise<Outcome>[] = [];
  let settled = 0;
  const progress = setInterval(() => {
    const second = Math.round((performance.now() - began) / 1000);
    const { pushed } = sockets.counts;
    console.log(`  … ${second} s: ${outcomes.length} sent, ${settled} settled, ${pushed} entries pushed`);
  }, 10_000);
  for (const { atMs, ...message } of plan) {
    await sleep(Math.max(0, atMs - (performance.now() - began)));
    const sending = send(at(users, message.from), message, deadlineMs);
    outcomes.push(sending.finally(() => (settled += 1)));
  }
  return Promise.all(outcomes).finally(() => clearInterval(progress));
};

/** The slowest acknowledgements, one for each time, and what was killed while they were waited for. */
const explainSlowest = (acknowledged: readonly Acknowledged[], events: Killing['events'], began: number): void => {
  const second = (time: number): string => ((time - began) / 1000).toFixed(2);
  const explained: Acknowledged[] = [];
  for (const each of acknowledged.toSorted((a, b) => b.ms - a.ms)) {
    if (explained.length === slowestShown) return;
    if (explained.some(({ sentAt, ms }) => each.sentAt < sentAt + ms && sentAt < each.sentAt + each.ms)) continue;
    explained.push(each);
    const meanwhile = events.filter((event) => event.at > each.sentAt - 1_000 && event.at < each.sentAt + each.ms);
    console.log(
      `    ${each.clientId} sent at ${second(each.sentAt)} s, acknowledged after ${(each.ms / 1000).toFixed(2)} s`,
    );
    for (const event of meanwhile) console.log(`      ${second(event.at)} s: ${event.what}`);
  }
};

interface Run {
  readonly users: readonly RecordingClient[];
  readonly outcomes: readonly Outcome[];
  readonly killing: Killing;
  readonly endedByThemselves: readonly string[];
  readonly began: number;
}

const report = ({ users, outcomes, killing, endedByThemselves, began }: Run): void => {
  const { counts } = sockets;
  const acknowledged = acknowledgedOf(outcomes);
  const failed = failedOf(outcomes);
  const latencies = acknowledged.map(({ ms }) => ms);
  figure('sends', outcomes.length);
  figure('acknowledged', acknowledged.length);
  figure('failed', failed.length);
  figure('acknowledged as a repeat', acknowledged.filter(({ sent }) => sent.repeated).length);
  figure('attempts on the wire', counts.sendAttempts);
  for (const [name, count] of killing.kills) figure(`kills of ${name}`, count);
  figure('starts that failed and were tried again', killing.startFailures);
  figure('slowest return', killing.slowestReturnMs / 1000, 's');
  figure('sockets opened', counts.opened);
  figure('reconnections', reconnections(users));
  figure('resumes', counts.resumes);
  figure('attaches (with those that ask for what is missing)', counts.attaches);
  figure('resets', counts.resets);
  figure('entries pushed', counts.pushed);
  figure('pushed entries that do not follow the one before', counts.notInOrder);
  list(sockets.outOfOrder);
  percentiles('acknowledged within', latencies, [0.5, 0.9, 0.99]);
  figure('acknowledged within, longest', Math.max(...latencies), 'ms');
  explainSlowest(acknowledged, killing.events, began);
  figure('longest time in which no client received anything', sockets.longestSilenceMs() / 1000, 's');
  checkNone('nothing failed to be sent', failed);
  check(`everything came back: ${killing.faults.join('; ') || 'yes'}`, killing.faults.length === 0);
  check(`no process ended by itself: ${endedByThemselves.join(', ') || 'none'}`, endedByThemselves.length === 0);
};

/** Chat and gateways, NATS and PostgreSQL. */
const killAll = ({ processes, nats, postgres }: Stack): Killing => {
  const killed = [...processes].filter(([name]) => /^(chat|gateway)-/.test(name));
  const order = killed.sort(([a], [b]) => Number(a.split('-')[1]) - Number(b.split('-')[1]));
  if (postgres === null) throw new Error('The stack has a PostgreSQL of its own');
  return startKilling(new Map<string, Target>([...order, ['nats', nats], ['postgres', postgres]]), { random });
};

await prove(
  async () => {
    const began = performance.now();
    console.log(`  seed ${seed}, ${seconds} s of sending`);
    const stack = await startStack({ scale: { chat: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    if (logs) afterwards(() => cpSync(stack.logFolder, logs, { recursive: true }));
    const ended: string[] = [];
    for (const [name, each] of stack.processes)
      each.onExit((code, signal) => signal !== 'SIGKILL' && ended.push(`${name} (${signal ?? code})`));

    const users: RecordingClient[] = [];
    for (let index = 0; index < clientCount; index += 1) users.push(await openClient(stack.urls, index));
    const channels = await openChannels(users);
    const killing = killAll(stack);
    afterwards(() => killing.stop());
    const sending = sendAll(users, planSends(users, channels));
    await sleep(seconds * 1000);
    await killing.stop();
    const outcomes = await sending;
    report({ users, outcomes, killing, endedByThemselves: [...ended], began });
    await verifyDelivery({ users, channels, outcomes }, { withinMs: receivedWithinMs });
    figure('time', (performance.now() - began) / 1000, 's');
  },
  { withinMs: 240_000 },
);
finish();
