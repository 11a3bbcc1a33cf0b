// Devices under failure, on the `swifty` wire: 500 devices on two gateways send each other 10,000 messages, each to be acknowledged,
// and publish in 100 topics, while gateways are killed with SIGKILL and come back, networks are left, and some devices are away for
// long. Then the state of every message is read, and everything that each device received is compared with what the wire promises.
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Stack, startStack } from '@parley/testing';
import { ask, done } from '../clients/http.js';
import { aDevice, direct, topicCall, toTopic, undeliveredCount } from '../clients/swifty.js';
import { Device, type SendResult } from './devices/device.js';
import { report, type ReportedMessage } from './devices/report.js';
import type { DeliveryState, Topic } from './devices/verify-delivery.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions, seedOf, text, whole } from './proof/options.js';
import { at, seeded } from './proof/random.js';

const { values } = readOptions({
  devices: whole('how many (500)'),
  topics: whole('how many (100)'),
  messages: whole('between devices (10000)'),
  seed: whole('repeats a run', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
});
const { devices: deviceCount = 500, topics: topicCount = 100, messages: messageCount = 10_000, logs } = values;
const seed = seedOf(values.seed);
const random = seeded(seed);
const pick = (count: number): number => Math.floor(random() * count);

const [sideBySide, subscriptions, topicMessages, messagesPerSecond, partners] = [16, 3, 20, 200, 5];
const seconds = Math.max(15, messageCount / messagesPerSecond);
/** The first ones are away most of the time, and get much; the next ones never acknowledge. */
const sleepers = Math.min(3, Math.floor(deviceCount / 10));
const silent = Math.floor(deviceCount / 20);
const forSleeper = Math.min(350, Math.floor(messageCount / 20));
/** One in so many senders does not repeat a message whose answer was lost. */
const onceEvery = 5;
const settleWithinMs = 45_000;

/** In the order of the list, so many at a time. */
const forEachOf = async <T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<unknown>,
  width = sideBySide,
): Promise<void> => {
  const queue = [...items.entries()];
  const run = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: width }, run));
};

/** The longest time in which no device received anything. */
const silence = { lastAt: 0, longestMs: 0 };
const onReceived = (now: number): void => {
  if (silence.lastAt > 0) silence.longestMs = Math.max(silence.longestMs, now - silence.lastAt);
  silence.lastAt = now;
};

const registerAll = async (urls: readonly string[]): Promise<Device[]> => {
  const devices: Device[] = [];
  await forEachOf([...Array(deviceCount).keys()], async (index) => {
    const { uuid, token } = await aDevice(at(urls, index), `device-${index}`);
    const acknowledges = index < sleepers || index >= sleepers + silent;
    devices[index] = new Device({ urls, uuid, token, acknowledges, random, gateway: index, onReceived });
  });
  return devices;
};

interface OpenTopic extends Topic {
  readonly subscribers: Set<number>;
  readonly published: (Omit<SendResult, 'how' | 'ms'> & { readonly n: number })[];
}

/** Each device is subscribed to a few topics, one of whose subscribers publishes there. */
const openTopics = async (url: string, devices: readonly Device[]): Promise<OpenTopic[]> => {
  const subscribers = Array.from({ length: topicCount }, () => new Set<number>());
  for (const index of devices.keys())
    for (let n = 0; n < subscriptions; n += 1) at(subscribers, index * subscriptions + n * 7).add(index);
  const topics = subscribers.map((indexes, n): OpenTopic => {
    const publisher = [...indexes].find((index) => index >= sleepers) ?? sleepers;
    return { id: `topic-${n}`, publisher, subscribers: indexes.add(publisher), published: [] };
  });
  await forEachOf(topics, async ({ id, publisher, subscribers: indexes }) => {
    await topicCall(url, 'create', at(devices, publisher), id);
    for (const index of indexes) await topicCall(url, 'subscribe', at(devices, index), id);
  });
  return topics;
};

const labels = () => ({ timestamp: Date.now() / 1000, priority: 'normal', subject: 'measured', event: '' });

interface PlannedMessage {
  readonly from: number;
  readonly to: number;
  readonly atMs: number;
  readonly once: boolean;
}

const planMessages = (): PlannedMessage[] =>
  Array.from({ length: messageCount }, (_, n) => {
    const isForSleeper = n < sleepers * forSleeper;
    const from = sleepers + pick(isForSleeper ? partners : deviceCount - sleepers);
    // Devices have a few others that they write to, themselves perhaps among them.
    const to = isForSleeper ? n % sleepers : (from * 7 + pick(partners) * 31) % deviceCount;
    return { from, to, atMs: random() * seconds * 1000, once: random() < 1 / onceEvery };
  }).sort((a, b) => a.atMs - b.atMs);

type SentDirect = Omit<ReportedMessage, 'status'>;

const sendAll = async (devices: readonly Device[], began: number): Promise<SentDirect[]> => {
  const inTurn = new Map<number, Promise<unknown>>();
  const sent: Promise<SentDirect>[] = [];
  for (const [n, { from, to, atMs, once }] of planMessages().entries()) {
    await sleep(Math.max(0, atMs - (performance.now() - began)));
    const [sender, receiver] = [at(devices, from), at(devices, to)];
    const more = { ...labels(), content: `${n + 1}`, conversation_id: '', msgno: n + 1 };
    const frame = direct(sender, receiver, more);
    const before = inTurn.get(from) ?? Promise.resolve();
    const sending = before.then(() => sender.send(frame, { once }));
    inTurn.set(from, sending);
    sent.push(sending.then((result) => ({ msgid: frame.msgid, from, to, ...result })));
  }
  return Promise.all(sent);
};

/** One after the other, so that the numbers give the order in which a topic's messages were sent. */
const publishAll = (devices: readonly Device[], topics: readonly OpenTopic[]): Promise<void> =>
  forEachOf(
    topics,
    async ({ id, publisher, published }) => {
      const from = at(devices, publisher);
      for (let n = 1; n <= topicMessages; n += 1) {
        const frame = toTopic(from, id, { ...labels(), content: `${n}`, action: '', msgno: n });
        published.push({ n, ...(await from.send(frame)) });
        await sleep(random() * 2 * ((seconds * 1000) / topicMessages - 100));
      }
    },
    topicCount,
  );

/** Networks are left and come back; sleepers are away for most of the time. */
const disturb = async (devices: readonly Device[], began: number): Promise<void> => {
  const resting = devices.slice(0, sleepers).map((device) => device.rest(seconds * 600));
  const lastMs = (seconds - 8) * 1000;
  const disturbed: Promise<void>[] = [];
  while (performance.now() - began < lastMs) {
    await sleep(150 + random() * 150);
    const device = at(devices, sleepers + pick(deviceCount - sleepers));
    if (!device.isConnected || device.isAway || device.isWaiting) continue;
    disturbed.push(random() < 0.5 ? device.rest(500 + random() * 3_000) : device.moveOver());
  }
  await Promise.all([...resting, ...disturbed]);
};

/** Two kills in the first two thirds; each gateway is started again a moment later. Returns the order. */
const killGateways = async ({ processes }: Stack): Promise<string[]> => {
  const gateways = [...processes.values()].filter(({ service }) => service === 'gateway');
  if (random() >= 0.5) gateways.reverse();
  for (const gateway of gateways) {
    await sleep((seconds * 1000) / 5 + random() * 3_000);
    console.log(`  … ${gateway.name} is killed`);
    await gateway.kill('SIGKILL');
    await sleep(500 + random() * 2_000);
    await gateway.start();
  }
  return gateways.map(({ name }) => name);
};

const showProgress = (devices: readonly Device[], began: number): void => {
  const second = Math.round((performance.now() - began) / 1000);
  const count = (holds: (device: Device) => boolean): number => devices.filter(holds).length;
  const came = devices.reduce((sum, { received }) => sum + received.size, 0);
  console.log(
    `  … ${second} s: ${came} messages came, ${count((each) => each.isConnected)} devices are connected, ` +
      `${count((each) => each.isWaiting)} wait for an answer`,
  );
};

/** Whatever still waits for a device is written again to its next connection, so those that miss something come again. */
const settleAll = async (url: string, devices: readonly Device[]): Promise<number> => {
  const until = performance.now() + settleWithinMs;
  for (let rounds = 0; ; rounds += 1) {
    const waiting: Device[] = [];
    await forEachOf(devices, async (device) => {
      if (!device.isConnected || (await undeliveredCount(url, device)) > 0) waiting.push(device);
    });
    if (waiting.length === 0 || performance.now() > until) return waiting.length;
    console.log(`  … ${waiting.length} devices still have something to come`);
    if (rounds % 2 === 1) for (const device of waiting) if (device.isConnected) await device.moveOver();
    await sleep(1_000);
  }
};

const readStatus = async (url: string, { token }: Device, msgid: string): Promise<DeliveryState | null> => {
  const request = `${url}/messages/${msgid}/status?token=${token}`;
  if ((await ask('GET', request)).status === 404) return null;
  const { status }: { status: DeliveryState } = await done('GET', request);
  return status;
};

const readStatuses = async (
  urls: readonly string[],
  devices: readonly Device[],
  messages: readonly SentDirect[],
): Promise<ReportedMessage[]> => {
  const read: ReportedMessage[] = [];
  await forEachOf(messages, async (message, n) => {
    read[n] = { ...message, status: await readStatus(at(urls, n), at(devices, message.from), message.msgid) };
  });
  return read;
};

await prove(
  async () => {
    const started = performance.now();
    console.log(
      `  seed ${seed}, ${deviceCount} devices, ${messageCount} messages in ${seconds} s, ${topicCount} topics`,
    );
    const stack = await startStack({ scale: { chat: 2, topics: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    if (logs) afterwards(() => cpSync(stack.logFolder, logs, { recursive: true }));
    const url = at(stack.urls, 0);
    const devices = await registerAll(stack.urls);
    afterwards(() => devices.forEach((device) => device.stop()));
    const topics = await openTopics(url, devices);
    await forEachOf(devices, (device) => device.start());

    const began = performance.now();
    const progress = setInterval(() => showProgress(devices, began), 10_000);
    afterwards(() => clearInterval(progress));
    const [sent, killed] = await Promise.all([
      sendAll(devices, began),
      killGateways(stack),
      publishAll(devices, topics),
      disturb(devices, began),
    ]);
    const waiting = await settleAll(url, devices);
    const messages = await readStatuses(stack.urls, devices, sent);
    for (const name of killed) figure('killed with SIGKILL', name);
    report({ devices, topics, messages });
    figure('longest time in which no device received anything', silence.longestMs / 1000, 's');
    check(`nothing waits any more: ${waiting} devices`, waiting === 0);
    figure('time', (performance.now() - started) / 1000, 's');
  },
  { withinMs: 420_000 },
);
finish();
