// A rolling restart loses nothing and storms nobody: 2,000 SDK sockets hear 500 messages a second while every process of the stack is
// told to stop and started again, one by one. Then everything that was said and heard is counted.
import { cpSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyClient, signUp } from '@parley/client';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './lib/cleanup.js';
import { check, figure, finish, percentile } from './lib/figures.js';
import { seeded } from './lib/random.js';
import { heardAll, judge, readStreams } from './lib/streams.js';
import { watchedSockets } from './lib/watched-socket.js';

const text = { type: 'string' };
// `--logs <folder>` keeps what the processes wrote.
const options = { sockets: text, rate: text, seed: text, 'drain-ms': text, 'unready-ms': text, logs: text };
const { values } = parseArgs({ options });
const socketCount = Number(values.sockets ?? 2_000);
const rate = Number(values.rate ?? 500);
const drainMs = Number(values['drain-ms'] ?? 10_000);
const unreadyMs = Number(values['unready-ms'] ?? 1_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = seeded(seed);

/** Each account has ten sockets: half hear its own channel, half that of the account before it. */
const socketsPerAccount = 10;
const directShare = 0.1;
const deadlineMs = 30_000;
const heardWithinMs = 30_000;
/** So many sockets come back within the busiest second, at most, for one that would if all were spread evenly. */
const stormMax = 3;

const { WatchedSocket, counts, strange } = watchedSockets();

const inBatches = async (items, size, work) => {
  for (let at = 0; at < items.length; at += size) await Promise.all(items.slice(at, at + size).map(work));
};

const openAccounts = async (urls) => {
  const accounts = Array.from({ length: socketCount / socketsPerAccount }, (_, index) => ({ index }));
  await inBatches(accounts, 10, async (account) => {
    const username = `roller-${account.index}`;
    account.tokens = await signUp({ url: urls[account.index % urls.length], username, password: 'correct horse' });
  });
  return accounts;
};

/** One socket, and all that it is told. */
const openUser = async (urls, { tokens }, index, sentAt) => {
  const first = urls[index % urls.length];
  const url = [first, ...urls.filter((each) => each !== first)];
  const client = new ParleyClient({ url, tokens, webSocket: WatchedSocket });
  const user = {
    id: tokens.account.id,
    client,
    heard: { inbox: [], channels: new Map() },
    detached: [],
    latencies: [],
    returns: [],
  };
  client.onMessage(({ message, inboxSequence }) => {
    const sequence = inboxSequence ?? message.sequence;
    const stream = inboxSequence === undefined ? user.heard.channels.get(message.channelId) : user.heard.inbox;
    stream?.push({ sequence, id: message.id });
    user.latencies.push(performance.now() - sentAt[Number(message.content.text.split(' ')[1])]);
  });
  client.on('detached', ({ channelId, error }) => user.detached.push(`${channelId}: ${error.reason}`));
  let awaySince = null;
  client.on('state', ({ name }) => {
    if (name !== 'open') awaySince ??= performance.now();
    else if (awaySince !== null) {
      user.returns.push({ at: performance.now(), awayMs: performance.now() - awaySince });
      awaySince = null;
    }
  });
  await client.connect();
  user.returns.length = 0;
  awaySince = null;
  afterwards(() => client.close());
  return user;
};

const openChannels = async (accounts, users) => {
  const channels = [];
  await inBatches(accounts, 20, async ({ index }) => {
    const next = accounts[(index + 1) % accounts.length];
    const { rest } = users[index * socketsPerAccount].client;
    const memberIds = [next.tokens.account.id];
    channels[index] = (await rest.createChannel({ kind: 'group', title: `Channel ${index}`, memberIds })).id;
  });
  await inBatches([...users.keys()], 50, async (at) => {
    const account = Math.floor(at / socketsPerAccount);
    const own = at % socketsPerAccount < socketsPerAccount / 2;
    const channelId = channels[own ? account : (account + accounts.length - 1) % accounts.length];
    users[at].heard.channels.set(channelId, []);
    await users[at].client.attach(channelId, { after: 0 });
  });
  return channels;
};

/** Sends at a steady rate until told to stop; resolves with how each send ended. */
const startSending = (users, accounts, channels, sentAt) => {
  const outcomes = [];
  const began = performance.now();
  let stopped = false;
  const send = (n) => {
    const account = Math.floor(random() * accounts.length);
    const from = account * socketsPerAccount;
    const isDirect = random() < directShare;
    const next = accounts[(account + 1) % accounts.length];
    const target = isDirect ? { directWith: next.tokens.account.id } : { channelId: channels[account] };
    const clientId = `m-${n}`;
    sentAt[n] = performance.now();
    const settle = (rest) => ({ n, from, target, isDirect, clientId, ms: performance.now() - sentAt[n], ...rest });
    outcomes.push(
      users[from].client.send(target, `message ${n}`, { clientId, deadlineMs }).then(
        (sent) => settle({ sent }),
        (error) => settle({ error }),
      ),
    );
  };
  const run = async () => {
    for (let n = 0; !stopped; await sleep(5)) {
      for (const due = ((performance.now() - began) / 1000) * rate; n < due && !stopped; n += 1) send(n);
    }
    return { outcomes: await Promise.all(outcomes), seconds: (performance.now() - began) / 1000 };
  };
  const running = run();
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
};

/** One process after the other, as a supervisor would roll them: the next one goes when the last one is ready. */
const rollAll = async (processes) => {
  const rolled = [];
  for (const [name, process] of processes) {
    const began = performance.now();
    const code = await process.stop();
    const stoppedAt = performance.now();
    await process.start();
    const readyAt = performance.now();
    rolled.push({ name, service: process.service, code, began, stoppedAt, readyAt });
    const [stopS, startS] = [stoppedAt - began, readyAt - stoppedAt].map((ms) => (ms / 1000).toFixed(1));
    console.log(`  … ${name}: stopped in ${stopS} s, ready again in ${startS} s`);
    await sleep(1_000);
  }
  return rolled;
};

const busiestSecond = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  let [busiest, first] = [0, 0];
  sorted.forEach((at, index) => {
    while (sorted[first] < at - 1000) first += 1;
    busiest = Math.max(busiest, index - first + 1);
  });
  return busiest;
};

const report = (users, { outcomes, seconds }, rolled) => {
  const acknowledged = outcomes.filter(({ sent }) => sent);
  const failed = outcomes.filter(({ error }) => error);
  const returns = users.flatMap((user) => user.returns);
  const latencies = users.flatMap((user) => user.latencies);
  figure('sockets', users.length);
  figure('sends', outcomes.length);
  figure('sends a second', outcomes.length / seconds);
  figure('acknowledged', acknowledged.length);
  figure('acknowledged as a repeat', acknowledged.filter(({ sent }) => sent.repeated).length);
  figure('attempts on the wire', counts.sendAttempts);
  figure('heard', latencies.length);
  figure('pushed entries that do not follow the one before', counts.notInOrder);
  for (const each of strange.slice(0, 5)) console.log(`    ${each}`);
  const times = { 'acknowledged within': acknowledged.map(({ ms }) => ms), 'heard within': latencies };
  for (const [what, all] of Object.entries(times)) {
    for (const share of [0.5, 0.99]) figure(`${what}, p${share * 100}`, percentile(all, share), 'ms');
    figure(`${what}, longest`, percentile(all, 1) / 1000, 's');
  }
  const away = returns.map(({ awayMs }) => awayMs);
  figure('reconnections', returns.length);
  if (away.length > 0) {
    figure('without a connection, p50', percentile(away, 0.5), 'ms');
    figure('without a connection, p99', percentile(away, 0.99), 'ms');
    figure('without a connection, longest', percentile(away, 1) / 1000, 's');
  }
  check('nothing failed to be sent', failed.length === 0);
  for (const { clientId, error } of failed.slice(0, 5)) console.log(`    ${clientId}: ${error.code} ${error.reason}`);
  const untidy = rolled.filter(({ code }) => code !== 0).map(({ name, code }) => `${name} (${code})`);
  check(`every process ended with 0: ${untidy.join(', ') || 'yes'}`, untidy.length === 0);
  for (const { name, began, readyAt } of rolled.filter(({ service }) => service === 'gateway')) {
    const back = returns.filter(({ at }) => at >= began && at < readyAt + 1_000).map(({ at }) => at);
    const evenly = back.length / (drainMs / 1000);
    const busiest = busiestSecond(back);
    figure(`${name}: sockets that moved, in the busiest second`, `${back.length}, ${busiest}`);
    check(
      `${name}: the busiest second is at most ${stormMax} times the even one`,
      busiest <= Math.max(50, stormMax * evenly),
    );
  }
  const elsewhere = returns.filter(({ at }) =>
    rolled.some(({ service, began, readyAt }) => service !== 'gateway' && at >= began && at < readyAt),
  );
  check('no socket moves while something else than a gateway restarts', elsewhere.length === 0);
};

await prove(
  async () => {
    console.log(`  seed ${seed}, drained over ${drainMs} ms, unready for ${unreadyMs} ms`);
    const environment = { PARLEY_DRAIN_MS: String(drainMs), PARLEY_UNREADY_MS: String(unreadyMs) };
    const scale = { auth: 2, topics: 2, chat: 2, signaling: 2, gateway: 2 };
    const stack = await startStack({ scale, environment });
    afterwards(() => stack.stop());
    if (values.logs) afterwards(() => cpSync(stack.logFolder, values.logs, { recursive: true }));
    const sentAt = [];
    const accounts = await openAccounts(stack.urls);
    const users = [];
    await inBatches([...Array(socketCount).keys()], 50, async (at) => {
      users[at] = await openUser(stack.urls, accounts[Math.floor(at / socketsPerAccount)], at, sentAt);
    });
    const channels = await openChannels(accounts, users);
    console.log(`  ${users.length} sockets hear ${channels.length} channels`);

    const sending = startSending(users, accounts, channels, sentAt);
    await sleep(3_000);
    const rolled = await rollAll(stack.processes);
    const sent = await sending.stop();
    const { outcomes } = sent;
    const streams = await readStreams({ users, channels, outcomes });
    await heardAll(users, streams, heardWithinMs);
    report(users, sent, rolled);
    for (const [what, wrong] of judge({ users, outcomes, ...streams })) {
      check(what, wrong.length === 0);
      for (const each of wrong.slice(0, 5)) console.log(`    ${each}`);
    }
  },
  { withinMs: 420_000 },
);
finish();
