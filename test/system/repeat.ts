// The same client message id sent to two chat replicas at once, 5,000 times. Each replica is connected to a NATS of its own, so that each
// call of a pair is known to reach the other replica; they share nothing but PostgreSQL.
import { randomBytes, randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { AccountPrincipal, auth, chat, deadlineIn, topics } from '@parley/contracts';
import { type Stack, startStack } from '@parley/testing';
import { busLog } from './proof/bus-log.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentiles } from './proof/figures.js';
import { metricOf } from './proof/metrics.js';
import { readOptions, whole } from './proof/options.js';
import { at } from './proof/random.js';

const { values } = readOptions({
  pairs: whole('of sends with one client id (5000)'),
  'in-flight': whole('pairs at once (100)'),
});
const { pairs: pairCount = 5_000, 'in-flight': inFlightMax = 100 } = values;
const [senderCount, groupCount] = [10, 4];

const openReplica = async (secret: string, databaseUrl?: string) => {
  const stack = await startStack({
    scale: { auth: 1, topics: 1, chat: 1, signaling: 0, gateway: 0 },
    environment: { PARLEY_SECRET: secret },
    ...(databaseUrl !== undefined && { databaseUrl }),
  });
  afterwards(() => stack.stop());
  const bus = await connectNats({ servers: stack.nats.url, name: 'prove', log: busLog });
  afterwards(() => bus.drain());
  return { stack, chat: bus.client(chat), topics: bus.client(topics), auth: bus.client(auth) };
};
type Replica = Awaited<ReturnType<typeof openReplica>>;
type SendAnswer = Awaited<ReturnType<Replica['chat']['message']['send']>>;
type Target = Parameters<Replica['chat']['message']['send']>[0]['target'];

interface Pair {
  readonly from: number;
  readonly clientId: string;
  readonly answers: readonly [SendAnswer, SendAnswer];
  readonly ms: number;
}

const makeSender = async ({ auth: accounts }: Replica, n: number): Promise<AccountPrincipal> => {
  const account = await accounts.account.register(
    { username: `sender-${n}`, password: 'correct horse' },
    { principal: { kind: 'anonymous', realm: 'main', dialect: 'v1' } },
  );
  return AccountPrincipal.parse({
    ...account,
    kind: 'account',
    realm: 'main',
    dialect: 'v1',
    accountId: account.id,
    sessionId: randomUUID(),
  });
};

/** Groups that all are in, and a direct channel between each two neighbours. */
const openTargets = async (
  { topics: channels }: Replica,
  senders: readonly AccountPrincipal[],
): Promise<(n: number, from: number) => Target> => {
  const principal = at(senders, 0);
  const memberIds = senders.slice(1).map(({ accountId }) => accountId);
  const groups: string[] = [];
  for (let n = 0; n < groupCount; n += 1) {
    const group = await channels.channel.create({ kind: 'group', title: `Group ${n}`, memberIds }, { principal });
    groups.push(group.id);
  }
  return (n, from) =>
    n % 5 === 4 ? { directWith: at(senders, from + 1).accountId } : { channelId: at(groups, n % 5) };
};

const sendPairs = async (
  [one, two]: readonly [Replica, Replica],
  senders: readonly AccountPrincipal[],
  targetOf: (n: number, from: number) => Target,
): Promise<Pair[]> => {
  const pairs: Pair[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < pairCount; n = next++) {
      const from = Math.floor(Math.random() * senderCount);
      const content = { type: 'text' as const, text: `message ${n}` };
      const input = { target: targetOf(n, from), clientId: `id-${n}`, content };
      const began = performance.now();
      const options = () => ({ principal: at(senders, from), deadline: deadlineIn(30_000) });
      const answers = await Promise.all([
        one.chat.message.send(input, options()),
        two.chat.message.send(input, options()),
      ]);
      pairs.push({ from, clientId: input.clientId, answers, ms: performance.now() - began });
    }
  };
  await Promise.all(Array.from({ length: inFlightMax }, work));
  return pairs;
};

type StoredMessage = SendAnswer['message'];

/** A channel, as one of its members reads it. */
const historyOf = async (
  { chat: client }: Replica,
  channelId: string,
  principal: AccountPrincipal,
): Promise<StoredMessage[]> => {
  const messages: StoredMessage[] = [];
  const last = (): number => messages.at(-1)?.sequence ?? 0;
  for (let more = true; more;) {
    const page = await client.message.list({ channelId, after: last(), limit: 500 }, { principal });
    messages.push(...page.messages);
    more = page.more;
    if (!more && page.head !== last()) throw new Error(`${channelId} has head ${page.head}`);
  }
  return messages;
};

const isGapless = (sequences: readonly number[]): boolean => sequences.every((sequence, n) => sequence === n + 1);

const inboxSequences = async ({ chat: client }: Replica, principal: AccountPrincipal): Promise<number[]> => {
  const sequences: number[] = [];
  for (let more = true; more;) {
    const after = sequences.at(-1) ?? 0;
    const page = await client.inbox.list({ accountId: principal.accountId, after, limit: 500 }, { principal });
    sequences.push(...page.entries.map(({ sequence }) => sequence));
    more = page.more;
  }
  return sequences;
};

/** How many messages a replica committed in groups, by its own count. */
const committedBy = async ({ processes }: Stack): Promise<string> => {
  const healthUrl = processes.get('chat-1')?.healthUrl ?? '';
  const [sends, groups] = await Promise.all(
    ['sum', 'count'].map((of) => metricOf(healthUrl, `parley_chat_group_messages_${of}`)),
  );
  return `${sends} in ${groups}`;
};

const isSame = (a: SendAnswer, b: SendAnswer): boolean =>
  JSON.stringify([a.message, a.inbox]) === JSON.stringify([b.message, b.inbox]);
const distinct = (messages: readonly StoredMessage[]): number =>
  new Set(messages.map(({ sender, clientId }) => `${sender.id} ${clientId}`)).size;

const reportPairs = async (pairs: readonly Pair[], replicas: readonly [Replica, Replica]): Promise<void> => {
  const latencies = pairs.map(({ ms }) => ms);
  percentiles('both answered within', latencies, [0.5, 0.99]);
  const wins = [0, 1].map((index) => pairs.filter(({ answers }) => !at(answers, index).repeated).length);
  for (const [index, name] of ['first', 'second'].entries()) {
    const committed = await committedBy(at(replicas, index).stack);
    figure(`sends that the ${name} replica took to the store, in groups`, committed);
    figure(`the ${name} replica was the first with`, at(wins, index));
  }
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
};

const verifyStored = async (
  pairs: readonly Pair[],
  replica: Replica,
  senders: readonly AccountPrincipal[],
): Promise<void> => {
  const channels = new Map(pairs.map(({ from, answers: [{ channel }] }) => [channel.id, at(senders, from)]));
  const stored: StoredMessage[] = [];
  let gapless = 0;
  for (const [id, reader] of channels) {
    const messages = await historyOf(replica, id, reader);
    if (isGapless(messages.map(({ sequence }) => sequence))) gapless += 1;
    stored.push(...messages);
  }
  figure('channels', channels.size);
  check('no sequence has a gap', gapless === channels.size);
  check(
    `history holds ${stored.length} messages, each once`,
    stored.length === pairs.length && distinct(stored) === pairs.length,
  );
  const byId = new Map(stored.map((message) => [message.id, message]));
  check(
    'each is stored as it was acknowledged',
    pairs.every(({ answers: [{ message }] }) => byId.get(message.id)?.sequence === message.sequence),
  );
};

await prove(
  async () => {
    const secret = randomBytes(32).toString('hex');
    const first = await openReplica(secret);
    const second = await openReplica(secret, first.stack.databaseUrl);
    const senders: AccountPrincipal[] = [];
    for (let n = 0; n < senderCount; n += 1) senders.push(await makeSender(first, n));
    const targetOf = await openTargets(first, senders);

    const began = performance.now();
    const pairs = await sendPairs([first, second], senders, targetOf);
    const seconds = (performance.now() - began) / 1000;
    figure('client ids, each sent to both replicas at once', pairs.length);
    figure('pairs a second', pairs.length / seconds);
    await reportPairs(pairs, [first, second]);
    await verifyStored(pairs, first, senders);
    const inboxes = await Promise.all(senders.map((sender) => inboxSequences(first, sender)));
    check('no inbox has a gap', inboxes.every(isGapless));
  },
  { withinMs: 180_000 },
);
finish();
