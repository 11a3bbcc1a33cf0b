// Clocks that are wrong do no harm: two of every service, each with a time of day that is an hour ahead or behind, stepped by up to an hour
// every second while 20 SDK clients talk and their tokens, which live for a minute, are renewed. Then everything that was said is counted.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyClient, signUp } from '@parley/client';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { seeded } from './proof/random.js';
import { receivedAll, judge, readStreams } from './delivery/streams.js';
import { watchedSockets } from './delivery/watched-socket.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ seconds: whole('how long they send (75)'), seed: whole('repeats a run', 0) });
const seconds = Number(values.seconds ?? 75);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = seeded(seed);
const [clientCount, channelCount, sendCount] = [20, 4, 2_000];
const hourMs = 3_600_000;
const steps = [0, -20_000, 20_000, -850, 5_000, hourMs, -hourMs];

const { WatchedSocket, counts } = watchedSockets();

const openClient = async (urls, index) => {
  const url = urls[index % urls.length];
  const tokens = await signUp({ url, username: `client-${index}`, password: 'correct horse' });
  const client = new ParleyClient({ url, tokens, webSocket: WatchedSocket });
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

const openChannels = async (users) => {
  const [owner, ...others] = users;
  const memberIds = others.map(({ id }) => id);
  const channels = [];
  for (let n = 1; n <= channelCount; n += 1)
    channels.push((await owner.client.rest.createChannel({ kind: 'group', memberIds, title: `Channel ${n}` })).id);
  for (const { client, received } of users) {
    for (const id of channels) {
      received.channels.set(id, []);
      await client.attach(id, { after: 0 });
    }
  }
  return channels;
};

/** Each second another process gets another time of day. */
const stepClocks = (stack, folder) => {
  const processes = [...stack.processes.values()];
  let stepped = 0;
  const timer = setInterval(() => {
    const { healthUrl } = processes[Math.floor(random() * processes.length)];
    writeFileSync(join(folder, new URL(healthUrl).port), String(steps[Math.floor(random() * steps.length)]));
    stepped += 1;
  }, 1_000);
  return () => {
    clearInterval(timer);
    return stepped;
  };
};

const sendAll = async (users, channels) => {
  const outcomes = [];
  for (let n = 0; n < sendCount; n += 1) {
    const from = n % clientCount;
    const isDirect = n % 2 === 1;
    const other = (from + 1 + Math.floor(random() * (clientCount - 1))) % clientCount;
    const target = isDirect ? { directWith: users[other].id } : { channelId: channels[n % channelCount] };
    const clientId = `m-${n}`;
    const sentAt = performance.now();
    const settle = (rest) => ({ from, isDirect, target, clientId, ms: performance.now() - sentAt, ...rest });
    const sending = users[from].client.send(target, `message ${n}`, { clientId, deadlineMs: 20_000 });
    outcomes.push(
      sending.then(
        (sent) => settle({ sent }),
        (error) => settle({ error }),
      ),
    );
    await sleep((seconds * 1_000) / sendCount);
  }
  return Promise.all(outcomes);
};

/** A request that needs a token, at each gateway: what is refused is refused because of a clock. */
const askREST = (users, refused) => {
  const timer = setInterval(() => {
    for (const { client } of users)
      client.rest.channels().catch((error) => refused.push(`${error.code} ${error.reason ?? error.message}`));
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
    const users = [];
    for (let index = 0; index < clientCount; index += 1) users.push(await openClient(stack.urls, index));
    const channels = await openChannels(users);
    const stopStepping = stepClocks(stack, folder);
    const refused = [];
    const stopAsking = askREST(users, refused);
    const outcomes = await sendAll(users, channels);
    stopAsking();
    const stepped = stopStepping();

    const streams = await readStreams({ users, channels, outcomes });
    await receivedAll(users, streams, 20_000);
    const failed = outcomes.filter(({ error }) => error);
    const latencies = outcomes.filter(({ sent }) => sent).map(({ ms }) => ms);
    figure('steps of clocks', stepped);
    figure('sends', outcomes.length);
    figure('refused', failed.length);
    figure('attempts on the wire', counts.sendAttempts);
    figure('refused over REST', refused.length);
    figure(
      'reconnections',
      users.reduce((sum, { opened }) => sum + opened.count - 1, 0),
    );
    for (const share of [0.5, 0.99]) figure(`acknowledged within, p${share * 100}`, percentile(latencies, share), 'ms');
    check('no send was refused', failed.length === 0);
    for (const { clientId, error } of failed.slice(0, 5)) console.log(`    ${clientId}: ${error.code} ${error.reason}`);
    check('no request was refused', refused.length === 0);
    for (const each of refused.slice(0, 5)) console.log(`    ${each}`);
    for (const [what, wrong] of judge({ users, outcomes, ...streams })) {
      check(what, wrong.length === 0);
      for (const each of wrong.slice(0, 5)) console.log(`    ${each}`);
    }
  },
  { withinMs: 240_000 },
);
finish();
