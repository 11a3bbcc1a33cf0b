// Devices under failure, on the `swifty` wire: 500 devices on two gateways say 10,000 things to each other, each to be acknowledged,
// and publish in 100 topics, while gateways are killed with SIGKILL and come back, networks are left, and some devices are away for
// long. Then every message is asked after, and everything that each device was sent is held against what the wire promises.
import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { Device } from './devices/device.js';
import { judge } from './devices/verify-delivery.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { seeded } from './proof/random.js';
import { readOptions, text, whole } from './proof/options.js';

// `--logs <folder>` keeps what the processes wrote.
const { values } = readOptions({
  devices: whole('how many (500)'),
  topics: whole('how many (100)'),
  messages: whole('between devices (10000)'),
  seed: whole('repeats a run', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
});
const deviceCount = Number(values.devices ?? 500);
const topicCount = Number(values.topics ?? 100);
const messageCount = Number(values.messages ?? 10_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = seeded(seed);
const pick = (count) => Math.floor(random() * count);

const [sideBySide, subscriptions, topicMessages, messagesPerSecond, partners] = [16, 3, 20, 200, 5];
const seconds = Math.max(15, messageCount / messagesPerSecond);
/** The first ones are away most of the time, and get much; the next ones never acknowledge. */
const sleepers = Math.min(3, Math.floor(deviceCount / 10));
const silent = Math.floor(deviceCount / 20);
const forSleeper = Math.min(350, Math.floor(messageCount / 20));
/** One in so many senders does not say again what it saw no answer to. */
const onceEvery = 5;
const settleWithinMs = 45_000;

/** In the order of the list, so many at a time. */
const each = async (list, work, width = sideBySide) => {
  const queue = [...list.entries()];
  const run = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: width }, run));
};

const ask = async (method, url, body) => {
  const init = { method, headers: { 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) };
  const answer = await fetch(url, init);
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`${method} ${url.replace(/token=.*/, '…')}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

const heard = { at: 0, longestMs: 0 };
const onHeard = (now) => {
  if (heard.at > 0) heard.longestMs = Math.max(heard.longestMs, now - heard.at);
  heard.at = now;
};

const registerAll = async (urls) => {
  const devices = [];
  await each(Array.from({ length: deviceCount }), async (_nothing, index) => {
    const uuid = randomUUID();
    const { token } = await ask('POST', `${urls[index % 2]}/register`, { name: `device-${index}`, uuid });
    const acknowledges = index < sleepers || index >= sleepers + silent;
    devices[index] = new Device({ urls, uuid, token, acknowledges, random, first: index, onHeard });
  });
  return devices;
};

/** Each device is subscribed to a few topics, one of whose subscribers publishes there. */
const openTopics = async ([url], devices) => {
  const topics = Array.from({ length: topicCount }, (_, n) => ({ id: `topic-${n}`, subscribers: new Set(), said: [] }));
  devices.forEach((_device, index) => {
    for (let n = 0; n < subscriptions; n += 1)
      topics[(index * subscriptions + n * 7) % topicCount].subscribers.add(index);
  });
  await each(topics, async (topic) => {
    const { id, subscribers } = topic;
    topic.publisher = [...subscribers].find((index) => index >= sleepers) ?? sleepers;
    subscribers.add(topic.publisher);
    await ask('POST', `${url}/topics/create?token=${devices[topic.publisher].token}`, { topic_id: id });
    for (const index of subscribers)
      await ask('POST', `${url}/topics/subscribe?token=${devices[index].token}`, { topic_id: id });
  });
  return topics;
};

const frameOf = (from, more) => ({
  from: from.uuid,
  timestamp: Date.now() / 1000,
  priority: 'normal',
  subject: 'measured',
  msgid: randomUUID(),
  content: `${more.msgno}`,
  event: '',
  status: 'sent',
  ...more,
});

const directTo = (from, to, msgno) =>
  frameOf(from, { to: to.uuid, acknowledge: true, action: 'message', conversation_id: '', msgno });

const sayAll = async (devices, began) => {
  const messages = Array.from({ length: messageCount }, (_, n) => {
    const isForSleeper = n < sleepers * forSleeper;
    const from = sleepers + pick(isForSleeper ? partners : deviceCount - sleepers);
    // Devices have a few others that they talk to, themselves perhaps among them.
    const to = isForSleeper ? n % sleepers : (from * 7 + pick(partners) * 31) % deviceCount;
    return { from, to, atMs: random() * seconds * 1000, once: random() < 1 / onceEvery };
  }).sort((a, b) => a.atMs - b.atMs);
  const inTurn = devices.map(() => Promise.resolve());
  for (const [n, message] of messages.entries()) {
    await sleep(Math.max(0, message.atMs - (performance.now() - began)));
    const [from, to] = [devices[message.from], devices[message.to]];
    const frame = directTo(from, to, n + 1);
    message.msgid = frame.msgid;
    inTurn[message.from] = inTurn[message.from].then(async () => {
      Object.assign(message, await from.say(frame, { once: message.once }));
    });
  }
  await Promise.all(inTurn);
  return messages;
};

/** One after the other, so that the numbers say in which order a topic's messages were said. */
const publishAll = (devices, topics) =>
  each(
    topics,
    async ({ id, publisher, said }) => {
      const from = devices[publisher];
      for (let n = 1; n <= topicMessages; n += 1) {
        const { saidAt, answeredAt, attempts } = await from.say(frameOf(from, { topic_id: id, action: '', msgno: n }));
        said.push({ n, saidAt, answeredAt, attempts });
        await sleep(random() * 2 * ((seconds * 1000) / topicMessages - 100));
      }
    },
    topicCount,
  );

/** Networks are left and come back; sleepers are away for most of the time. */
const disturb = async (devices, began) => {
  const resting = devices.slice(0, sleepers).map((device) => device.rest(seconds * 600));
  const lastMs = (seconds - 8) * 1000;
  const disturbed = [];
  while (performance.now() - began < lastMs) {
    await sleep(150 + random() * 150);
    const device = devices[sleepers + pick(deviceCount - sleepers)];
    if (!device.current || device.away || device.asked) continue;
    disturbed.push(random() < 0.5 ? device.rest(500 + random() * 3_000) : device.moveOver());
  }
  await Promise.all([...resting, ...disturbed]);
};

/** Two kills in the first two thirds; each gateway is started again a moment later. */
const killGateways = async (stack) => {
  const killedAt = [];
  const victims = random() < 0.5 ? ['gateway-1', 'gateway-2'] : ['gateway-2', 'gateway-1'];
  for (const name of victims) {
    await sleep((seconds * 1000) / 5 + random() * 3_000);
    console.log(`  … ${name} is killed`);
    killedAt.push({ name, at: performance.now() });
    await stack.processes.get(name).kill('SIGKILL');
    await sleep(500 + random() * 2_000);
    await stack.processes.get(name).start();
  }
  return killedAt;
};

const tell = (devices, began) => {
  const second = Math.round((performance.now() - began) / 1000);
  const count = (isSo) => devices.filter(isSo).length;
  const came = devices.reduce((sum, { received }) => sum + received.size, 0);
  console.log(
    `  … ${second} s: ${came} messages came, ${count(({ current }) => current)} devices are connected, ` +
      `${count(({ asked }) => asked)} wait for an answer`,
  );
};

/** Whatever still waits for a device is written again to its next connection, so those that miss something come again. */
const settleAll = async ([url], devices) => {
  const until = performance.now() + settleWithinMs;
  for (let rounds = 0; ; rounds += 1) {
    const waiting = [];
    await each(devices, async (device) => {
      if (!device.current) return waiting.push(device);
      const { count } = await ask('GET', `${url}/clients/${device.uuid}/undelivered?token=${device.token}`);
      if (count > 0) waiting.push(device);
    });
    if (waiting.length === 0 || performance.now() > until) return { rounds, waiting: waiting.length };
    console.log(`  … ${waiting.length} devices still have something to come`);
    if (rounds % 2 === 1) for (const device of waiting) if (device.current) await device.moveOver();
    await sleep(1_000);
  }
};

const readStatuses = (urls, devices, messages) =>
  each(messages, async (message, n) => {
    const { token } = devices[message.from];
    const found = await ask('GET', `${urls[n % 2]}/messages/${message.msgid}/status?token=${token}`);
    message.status = found?.status ?? null;
  });

const report = ({ devices, topics, messages, killedAt }, settled) => {
  const found = judge({ devices, topics, messages });
  const answers = (how) => messages.filter((one) => one.how === how);
  const arrivals = messages.flatMap(({ msgid, to, saidAt }) => {
    const [receipt] = devices[to].received.get(msgid) ?? [];
    return receipt ? [receipt.at - saidAt] : [];
  });
  const published = topics.flatMap(({ said }) => said);
  const reconnects = devices.flatMap(({ reconnectMs }) => reconnectMs);
  const latencies = (name, list) => {
    for (const share of [0.5, 0.99]) figure(`${name}, p${share * 100}`, percentile(list, share), 'ms');
  };
  for (const { name } of killedAt) figure('killed with SIGKILL', name);
  figure('messages said', messages.length);
  figure('answered "sent"', answers('sent').length);
  figure('answered "not connected" (and kept)', answers('kept').length);
  figure('no answer seen and not said again ("unknown")', answers('unknown').length);
  figure('said again after an answer was lost', messages.filter(({ attempts }) => attempts > 1).length);
  for (const [end, count] of Object.entries(found.ends)) figure(`ended: ${end}`, count);
  figure('written again to a later connection', found.repeats);
  latencies(
    'from saying to the answer',
    answers('sent').map(({ ms }) => ms),
  );
  latencies('from saying to the device', arrivals);
  figure('topic messages said', published.length);
  figure('topic deliveries', found.topics.deliveries);
  figure('topic messages heard on two connections', found.topics.onBoth);
  figure(
    'connections',
    devices.reduce((sum, { connections }) => sum + connections.length, 0),
  );
  figure('connections lost and made again', reconnects.length);
  latencies('from losing a connection to the next greeting', reconnects);
  figure('longest of them', Math.max(0, ...reconnects) / 1000, 's');
  figure('longest time in which no device heard anything', heard.longestMs / 1000, 's');
  figure(
    'errors told to devices',
    devices.reduce((sum, { errors = 0 }) => sum + errors, 0),
  );
  const show = (what, wrong) => {
    check(`${what}: ${wrong.length}`, wrong.length === 0);
    for (const one of wrong.slice(0, 5)) console.log(`    ${one}`);
  };
  check(`nothing waits any more: ${settled.waiting} devices`, settled.waiting === 0);
  show('lost', found.lost);
  show('doubled on one connection', found.twiceOnOne);
  show('written again though it was acknowledged', found.afterAcknowledged);
  show('written again to a device that never acknowledges', found.unasked);
  show('out of order from one device to another', found.outOfOrder);
  show('topic messages twice, out of order or with a hole on one connection', found.topics.wrong);
  show('topic messages missed by a connection that was there', found.topics.missed);
  show('strange to a device', found.strange);
};

await prove(
  async () => {
    const started = performance.now();
    console.log(
      `  seed ${seed}, ${deviceCount} devices, ${messageCount} messages in ${seconds} s, ${topicCount} topics`,
    );
    const stack = await startStack({ scale: { chat: 2, topics: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    if (values.logs) afterwards(() => cpSync(stack.logFolder, values.logs, { recursive: true }));
    const devices = await registerAll(stack.urls);
    afterwards(() => devices.forEach((device) => device.stop()));
    const topics = await openTopics(stack.urls, devices);
    await each(devices, (device) => device.start());

    const began = performance.now();
    const telling = setInterval(() => tell(devices, began), 10_000);
    afterwards(() => clearInterval(telling));
    const [messages, killedAt] = await Promise.all([
      sayAll(devices, began),
      killGateways(stack),
      publishAll(devices, topics),
      disturb(devices, began),
    ]);
    const settled = await settleAll(stack.urls, devices);
    await readStatuses(stack.urls, devices, messages);
    report({ devices, topics, messages, killedAt }, settled);
    figure('time', (performance.now() - started) / 1000, 's');
  },
  { withinMs: 420_000 },
);
finish();
