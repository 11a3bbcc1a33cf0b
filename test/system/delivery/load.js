// Many SDK sockets that hear and speak at a steady rate, and everything that they are told; for proofs that change the platform under
// them. Each account has ten sockets: half hear its own channel, half that of the account before it.
import { setTimeout as sleep } from 'node:timers/promises';
import { ParleyClient, signUp } from '@parley/client';
import { afterwards } from '../proof/cleanup.js';
import { check, figure, percentile } from '../proof/figures.js';
import { receivedAll, judge, readStreams } from './streams.js';
import { watchedSockets } from './watched-socket.js';

const socketsPerAccount = 10;
const directShare = 0.1;
const deadlineMs = 30_000;
const receivedWithinMs = 30_000;

const inBatches = async (items, size, work) => {
  for (let at = 0; at < items.length; at += size) await Promise.all(items.slice(at, at + size).map(work));
};

/** Signs up, connects and attaches so many sockets. */
export const openCrowd = async (urls, { socketCount, random }) => {
  const { WatchedSocket, counts, strange } = watchedSockets();
  const sentAt = [];

  const openUser = async ({ tokens }, index) => {
    const first = urls[index % urls.length];
    const url = [first, ...urls.filter((each) => each !== first)];
    const client = new ParleyClient({ url, tokens, webSocket: WatchedSocket });
    const received = { inbox: [], channels: new Map() };
    const user = { id: tokens.account.id, client, received, detached: [], latencies: [], returns: [] };
    client.onMessage(({ message, inboxSequence }) => {
      const sequence = inboxSequence ?? message.sequence;
      const stream = inboxSequence === undefined ? received.channels.get(message.channelId) : received.inbox;
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

  const accounts = Array.from({ length: Math.max(2, socketCount / socketsPerAccount) }, (_, index) => ({ index }));
  await inBatches(accounts, 10, async (account) => {
    const username = `one-of-many-${account.index}`;
    account.tokens = await signUp({ url: urls[account.index % urls.length], username, password: 'correct horse' });
  });
  const users = [];
  await inBatches([...Array(accounts.length * socketsPerAccount).keys()], 50, async (at) => {
    users[at] = await openUser(accounts[Math.floor(at / socketsPerAccount)], at);
  });
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
    users[at].received.channels.set(channelId, []);
    await users[at].client.attach(channelId, { after: 0 });
  });
  console.log(`  ${users.length} sockets hear ${channels.length} channels`);
  return { accounts, users, channels, sentAt, counts, strange, random };
};

/** Sends at a steady rate until told to stop; `stop` resolves with how each send ended, and in how many seconds. */
export const startTalking = ({ accounts, users, channels, sentAt, random }, rate) => {
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

/** Everybody's ways back: when, and for how long there was no connection. */
export const returnsOf = ({ users }) => users.flatMap((user) => user.returns);

/** Figures of what was said and heard, and the checks that nothing failed, was lost, doubled or out of order. */
export const judgeCrowd = async (crowd, { outcomes, seconds }) => {
  const { users, channels, counts, strange } = crowd;
  const streams = await readStreams({ users, channels, outcomes });
  await receivedAll(users, streams, receivedWithinMs);
  const acknowledged = outcomes.filter(({ sent }) => sent);
  const failed = outcomes.filter(({ error }) => error);
  const latencies = users.flatMap((user) => user.latencies);
  const away = returnsOf(crowd).map(({ awayMs }) => awayMs);
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
  figure('reconnections', away.length);
  if (away.length > 0) {
    for (const share of [0.5, 0.99]) figure(`without a connection, p${share * 100}`, percentile(away, share), 'ms');
    figure('without a connection, longest', percentile(away, 1) / 1000, 's');
  }
  check('nothing failed to be sent', failed.length === 0);
  for (const { clientId, error } of failed.slice(0, 5)) console.log(`    ${clientId}: ${error.code} ${error.reason}`);
  for (const [what, wrong] of judge({ users, outcomes, ...streams })) {
    check(what, wrong.length === 0);
    for (const each of wrong.slice(0, 5)) console.log(`    ${each}`);
  }
};
