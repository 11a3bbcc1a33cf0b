// Acknowledged is kept, in one order, heard once: 20 SDK clients send 2,000 messages into 5 channels and 2,000 to each other while
// chat, gateways, NATS and PostgreSQL are killed with SIGKILL in turn and come back. Then everything that was said is counted.
import { cpSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyClient, signUp } from '@parley/client';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { startKilling } from './delivery/killing.js';
import { seeded } from './proof/random.js';
import { receivedAll, judge, readStreams } from './delivery/streams.js';
import { watchedSockets } from './delivery/watched-socket.js';
import { readOptions, text, whole } from './proof/options.js';

// `--logs <folder>` keeps what the processes wrote.
const { values } = readOptions({
  seconds: whole('how long they send (60)'),
  seed: whole('repeats a run', 0),
  logs: text('<folder>', 'where the logs of the processes are kept'),
});
const seconds = Number(values.seconds ?? 60);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = seeded(seed);
const [clientCount, channelCount, sendsOfEachKind] = [20, 5, 2_000];
const deadlineMs = 75_000;
const receivedWithinMs = 60_000;
const slowestShown = 5;

const { WatchedSocket, counts, strange, ...watched } = watchedSockets();

/** A signed-in client that records what it is told. */
const openClient = async (urls, index) => {
  const url = urls[index % urls.length];
  const tokens = await signUp({ url, username: `client-${index}`, password: 'correct horse' });
  const inTurn = [url, ...urls.filter((each) => each !== url)];
  const client = new ParleyClient({ url: inTurn, tokens, webSocket: WatchedSocket });
  const received = { inbox: [], channels: new Map() };
  const detached = [];
  const opened = { count: 0 };
  client.onMessage(({ message, inboxSequence }) => {
    if (inboxSequence !== undefined) received.inbox.push({ sequence: inboxSequence, id: message.id });
    else received.channels.get(message.channelId)?.push({ sequence: message.sequence, id: message.id });
  });
  client.on('detached', ({ channelId, error }) => detached.push(`${channelId}: ${error.reason}`));
  client.on('state', ({ name }) => (opened.count += name === 'open' ? 1 : 0));
  await client.connect();
  afterwards(() => client.close());
  return { id: tokens.account.id, client, received, detached, opened };
};

/** Three groups and two rooms, attached by everybody from their first message on. */
const openChannels = async (users) => {
  const [owner, ...others] = users;
  const memberIds = others.map(({ id }) => id);
  const channels = [];
  for (let n = 1; n <= channelCount; n += 1) {
    const kind = n <= 3 ? { kind: 'group', memberIds } : { kind: 'room' };
    channels.push(await owner.client.rest.createChannel({ ...kind, title: `Channel ${n}` }));
  }
  for (const { client, received } of users) {
    for (const { id } of channels) {
      received.channels.set(id, []);
      await client.attach(id, { after: 0 });
    }
  }
  return channels.map(({ id }) => id);
};

/** Who says what where, and when: each client writes as often to channels as to others, spread over the time. */
const planSends = (users, channels) => {
  const plan = [];
  for (let n = 0; n < 2 * sendsOfEachKind; n += 1) {
    const from = n % clientCount;
    const other = (from + 1 + Math.floor(random() * (clientCount - 1))) % clientCount;
    const isDirect = Math.floor(n / clientCount) % 2 === 1;
    const target = isDirect
      ? { directWith: users[other].id }
      : { channelId: channels[Math.floor(random() * channelCount)] };
    plan.push({ n, from, isDirect, target, atMs: random() * seconds * 1000 });
  }
  return plan.sort((a, b) => a.atMs - b.atMs);
};

const sendAll = async (users, plan) => {
  const began = performance.now();
  const outcomes = [];
  let settled = 0;
  const tell = () => {
    const second = Math.round((performance.now() - began) / 1000);
    console.log(`  … ${second} s: ${outcomes.length} sent, ${settled} settled, ${counts.pushed} entries pushed`);
  };
  const telling = setInterval(tell, 10_000);
  for (const { n, from, target, isDirect, atMs } of plan) {
    await sleep(Math.max(0, atMs - (performance.now() - began)));
    const clientId = `m-${n}`;
    const sentAt = performance.now();
    const settle = (rest) => {
      settled += 1;
      return { n, from, target, isDirect, clientId, sentAt, ms: performance.now() - sentAt, ...rest };
    };
    const sending = users[from].client.send(target, `message ${n}`, { clientId, deadlineMs });
    outcomes.push(
      sending.then(
        (sent) => settle({ sent }),
        (error) => settle({ error }),
      ),
    );
  }
  return Promise.all(outcomes).finally(() => clearInterval(telling));
};

/** The slowest acknowledgements, one for each time, and what was killed while they were waited for. */
const explainSlowest = (acknowledged, events, began) => {
  const second = (at) => ((at - began) / 1000).toFixed(2);
  const explained = [];
  for (const each of [...acknowledged].sort((a, b) => b.ms - a.ms)) {
    if (explained.length === slowestShown) return;
    if (explained.some(({ sentAt, ms }) => each.sentAt < sentAt + ms && sentAt < each.sentAt + each.ms)) continue;
    explained.push(each);
    const meanwhile = events.filter(({ at }) => at > each.sentAt - 1_000 && at < each.sentAt + each.ms);
    console.log(
      `    ${each.clientId} sent at ${second(each.sentAt)} s, acknowledged after ${(each.ms / 1000).toFixed(2)} s`,
    );
    for (const { at, what } of meanwhile) console.log(`      ${second(at)} s: ${what}`);
  }
};

const report = ({ users, outcomes, killing, endedByThemselves, began }) => {
  const acknowledged = outcomes.filter(({ sent }) => sent);
  const failed = outcomes.filter(({ error }) => error);
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
  figure(
    'reconnections',
    users.reduce((sum, { opened }) => sum + opened.count - 1, 0),
  );
  figure('resumes', counts.resumes);
  figure('attaches (with those that ask for what is missing)', counts.attaches);
  figure('resets', counts.resets);
  figure('entries pushed', counts.pushed);
  figure('pushed entries that do not follow the one before', counts.notInOrder);
  for (const each of strange.slice(0, 5)) console.log(`    ${each}`);
  for (const share of [0.5, 0.9, 0.99])
    figure(`acknowledged within, p${share * 100}`, percentile(latencies, share), 'ms');
  figure('acknowledged within, longest', Math.max(...latencies), 'ms');
  explainSlowest(acknowledged, killing.events, began);
  figure('longest time in which nobody heard anything', watched.longestSilence() / 1000, 's');
  check('nothing failed to be sent', failed.length === 0);
  for (const { clientId, error } of failed.slice(0, 5)) console.log(`    ${clientId}: ${error.code} ${error.reason}`);
  check(`everything came back: ${killing.faults.join('; ') || 'yes'}`, killing.faults.length === 0);
  check(`no process ended by itself: ${endedByThemselves.join(', ') || 'none'}`, endedByThemselves.length === 0);
};

await prove(
  async () => {
    const began = performance.now();
    console.log(`  seed ${seed}, ${seconds} s of sending`);
    const stack = await startStack({ scale: { chat: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    if (values.logs) afterwards(() => cpSync(stack.logFolder, values.logs, { recursive: true }));
    const endedByThemselves = [];
    for (const [name, each] of stack.processes)
      each.onExit((code, signal) => signal !== 'SIGKILL' && endedByThemselves.push(`${name} (${signal ?? code})`));

    const users = [];
    for (let index = 0; index < clientCount; index += 1) users.push(await openClient(stack.urls, index));
    const channels = await openChannels(users);
    const { nats, postgres } = stack;
    const ours = ['chat-1', 'gateway-1', 'chat-2', 'gateway-2'].map((name) => [name, stack.processes.get(name)]);
    const killing = startKilling(new Map([...ours, ['nats', nats], ['postgres', postgres]]), { random });
    afterwards(() => killing.stop());
    const sending = sendAll(users, planSends(users, channels));
    await sleep(seconds * 1000);
    await killing.stop();
    const outcomes = await sending;
    const endedBefore = [...endedByThemselves];

    const streams = await readStreams({ users, channels, outcomes });
    await receivedAll(users, streams, receivedWithinMs);
    report({ users, outcomes, killing, endedByThemselves: endedBefore, began });
    for (const [what, wrong] of judge({ users, outcomes, ...streams })) {
      check(what, wrong.length === 0);
      for (const each of wrong.slice(0, 5)) console.log(`    ${each}`);
    }
    figure('time', (performance.now() - began) / 1000, 's');
  },
  { withinMs: 240_000 },
);
finish();
