// The same client message id sent to two chat replicas at once, 5,000 times. Each replica hangs on a NATS of its own, so that each call
// of a pair is known to reach the other replica; they share nothing but PostgreSQL.
import { randomBytes } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { auth, chat, topics, deadlineIn } from '@parley/contracts';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({
  pairs: whole('of sends with one client id (5000)'),
  'in-flight': whole('pairs at once (100)'),
});
const pairCount = Number(values.pairs ?? 5_000);
const inFlightMax = Number(values['in-flight'] ?? 100);
const [senderCount, groupCount] = [10, 4];
const log = {
  warn: (details, text) => console.error(text, details),
  error: (details, text) => console.error(text, details),
};

const replica = async (databaseUrl, secret) => {
  const stack = await startStack({
    scale: { auth: 1, topics: 1, chat: 1, signaling: 0, gateway: 0 },
    environment: { PARLEY_SECRET: secret },
    ...(databaseUrl && { databaseUrl }),
  });
  afterwards(() => stack.stop());
  const bus = await connectNats({ servers: stack.nats.url, name: 'prove', log });
  afterwards(() => bus.drain());
  return { stack, bus, chat: bus.client(chat), topics: bus.client(topics), auth: bus.client(auth) };
};

const makeSender = async ({ auth }, n) => {
  const anonymous = { kind: 'anonymous', realm: 'main', dialect: 'v1' };
  const { id, number, handle, name } = await auth.account.register(
    { username: `sender-${n}`, password: 'correct horse' },
    { principal: anonymous },
  );
  const sessionId = crypto.randomUUID();
  return { kind: 'account', realm: 'main', dialect: 'v1', accountId: id, number, handle, name, sessionId };
};

/** Groups that all are in, and a direct channel between each two neighbours. */
const targetsOf = async ({ topics }, senders) => {
  const [owner, ...others] = senders;
  const memberIds = others.map(({ accountId }) => accountId);
  const groups = [];
  for (let n = 0; n < groupCount; n += 1)
    groups.push(await topics.channel.create({ kind: 'group', title: `Group ${n}`, memberIds }, { principal: owner }));
  return (n, from) =>
    n % 5 === 4 ? { directWith: senders[(from + 1) % senderCount].accountId } : { channelId: groups[n % 5].id };
};

const sendPairs = async ([one, two], senders, targetOf) => {
  const pairs = [];
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < pairCount; n = next++) {
      const from = Math.floor(Math.random() * senderCount);
      const input = { target: targetOf(n, from), clientId: `id-${n}`, content: { type: 'text', text: `message ${n}` } };
      const began = performance.now();
      const options = () => ({ principal: senders[from], deadline: deadlineIn(30_000) });
      const answers = await Promise.all([
        one.chat.message.send(input, options()),
        two.chat.message.send(input, options()),
      ]);
      pairs.push({ from, clientId: input.clientId, answers, ms: performance.now() - began });
    }
  };
  await Promise.all(Array.from({ length: inFlightMax }, lane));
  return pairs;
};
const wholeChannel = async ({ chat }, channelId) => {
  const principal = { kind: 'system', realm: 'main', service: 'prove' };
  const messages = [];
  for (let more = true; more;) {
    const page = await chat.message.list(
      { channelId, after: messages.at(-1)?.sequence ?? 0, limit: 500 },
      { principal },
    );
    messages.push(...page.messages);
    more = page.more;
    if (!more && page.head !== messages.at(-1)?.sequence) throw new Error(`${channelId} has head ${page.head}`);
  }
  return messages;
};

/** How many messages a replica committed in groups, by its own count. */
const commits = async ({ stack }) => {
  const text = await fetch(`${stack.processes.get('chat-1').healthUrl}/metrics`).then((answer) => answer.text());
  const read = (name) => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
  return {
    groups: read('parley_chat_group_messages_count'),
    sends: read('parley_chat_group_messages_sum'),
  };
};

const isSame = (a, b) =>
  JSON.stringify(a.message) === JSON.stringify(b.message) && JSON.stringify(a.inbox) === JSON.stringify(b.inbox);
const distinct = (messages) => new Set(messages.map(({ sender, clientId }) => `${sender.id} ${clientId}`)).size;

const inboxesAreWhole = async ({ chat }, senders) => {
  for (const { accountId } of senders) {
    const sequences = [];
    for (let more = true; more;) {
      const after = sequences.at(-1) ?? 0;
      const principal = { kind: 'system', realm: 'main', service: 'prove' };
      const page = await chat.inbox.list({ accountId, after, limit: 500 }, { principal });
      sequences.push(...page.entries.map(({ sequence }) => sequence));
      more = page.more;
    }
    if (sequences.some((sequence, index) => sequence !== index + 1)) return false;
  }
  return true;
};

await prove(
  async () => {
    const secret = randomBytes(32).toString('hex');
    const first = await replica(null, secret);
    const second = await replica(first.stack.databaseUrl, secret);
    const senders = [];
    for (let n = 0; n < senderCount; n += 1) senders.push(await makeSender(first, n));
    const targetOf = await targetsOf(first, senders);

    const began = performance.now();
    const pairs = await sendPairs([first, second], senders, targetOf);
    const seconds = (performance.now() - began) / 1000;
    figure('client ids, each sent to both replicas at once', pairs.length);
    figure('pairs a second', pairs.length / seconds);
    for (const share of [0.5, 0.99])
      figure(
        `both answered within, p${share * 100}`,
        percentile(
          pairs.map(({ ms }) => ms),
          share,
        ),
        'ms',
      );
    for (const [name, each] of [
      ['first', first],
      ['second', second],
    ]) {
      const { groups, sends } = await commits(each);
      figure(`sends that the ${name} replica took to the store, in groups`, `${sends} in ${groups}`);
    }
    const wins = [0, 1].map((at) => pairs.filter(({ answers }) => !answers[at].repeated).length);
    figure('the first replica was the first with', wins[0]);
    figure('the second replica was the first with', wins[1]);
    check(
      'both replicas were the first again and again',
      wins.every((count) => count > pairs.length / 20),
    );
    check(
      'exactly one of each pair was new',
      pairs.every(({ answers: [a, b] }) => a.repeated !== b.repeated),
    );
    check(
      'both callers got the same message',
      pairs.every(({ answers: [a, b] }) => isSame(a, b)),
    );

    const channelIds = [...new Set(pairs.map(({ answers: [{ channel }] }) => channel.id))];
    const kept = [];
    let gapless = 0;
    for (const id of channelIds) {
      const messages = await wholeChannel(first, id);
      if (messages.every(({ sequence }, index) => sequence === index + 1)) gapless += 1;
      kept.push(...messages);
    }
    figure('channels', channelIds.length);
    check('no sequence has a hole', gapless === channelIds.length);
    check(
      `history holds ${kept.length} messages, each once`,
      kept.length === pairs.length && distinct(kept) === pairs.length,
    );
    const byId = new Map(kept.map((message) => [message.id, message]));
    check(
      'each is kept as it was acknowledged',
      pairs.every(({ answers: [{ message }] }) => byId.get(message.id)?.sequence === message.sequence),
    );
    check('no inbox has a hole', await inboxesAreWhole(first, senders));
  },
  { withinMs: 180_000 },
);
finish();
