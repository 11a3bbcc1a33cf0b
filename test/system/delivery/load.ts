// Many SDK sockets that send and receive at a steady rate, for proofs that change the platform under them. Each account has ten sockets:
// half receive its own channel, half that of the account before it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Grant, signUp } from '@parley/client';
import { checkNone, figure, list, percentile, percentiles } from '../proof/figures.js';
import { at, type Random } from '../proof/random.js';
import {
  acknowledgedOf,
  attachAll,
  failedOf,
  openRecordingClient,
  type Outcome,
  type RecordingClient,
  send,
} from './recording-client.js';
import { verifyDelivery } from './verify-delivery.js';
import { type WatchedSockets, watchedSockets } from './watched-socket.js';

const socketsPerAccount = 10;
const directShare = 0.1;
const defaultDeadlineMs = 30_000;
const receivedWithinMs = 30_000;

/** The end of a time without a connection: when, and how long it was. */
export interface Return {
  readonly at: number;
  readonly awayMs: number;
}

interface LoadUser extends RecordingClient {
  readonly latencies: number[];
  readonly returns: Return[];
}

export interface Load {
  readonly accounts: readonly Grant[];
  readonly users: readonly LoadUser[];
  readonly channels: readonly string[];
  /** When each message was sent. */
  readonly sentAt: number[];
  readonly sockets: WatchedSockets;
  readonly random: Random;
}

const inBatches = async <T, R>(
  items: readonly T[],
  size: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> => {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += size) {
    const batch = items.slice(from, from + size);
    results.push(...(await Promise.all(batch.map((item, n) => work(item, from + n)))));
  }
  return results;
};

const openUser = async (
  urls: readonly string[],
  index: number,
  tokens: Grant,
  { sockets, sentAt }: Pick<Load, 'sockets' | 'sentAt'>,
): Promise<LoadUser> => {
  const first = at(urls, index);
  const url = [first, ...urls.filter((each) => each !== first)];
  const user = await openRecordingClient({ url, tokens, webSocket: sockets.WatchedSocket });
  const [latencies, returns]: [number[], Return[]] = [[], []];
  user.client.onMessage(({ message: { content } }) => {
    const n = content.type === 'text' ? Number(content.text.split(' ')[1]) : NaN;
    latencies.push(performance.now() - (sentAt[n] ?? NaN));
  });
  let awaySince: number | null = null;
  user.client.on('state', ({ name }) => {
    const now = performance.now();
    if (name !== 'open') awaySince ??= now;
    else if (awaySince !== null) {
      returns.push({ at: now, awayMs: now - awaySince });
      awaySince = null;
    }
  });
  return { ...user, latencies, returns };
};

export interface LoadOptions {
  readonly socketCount: number;
  readonly random: Random;
  /** How the names of the accounts begin. Default: one-of-many. */
  readonly name?: string;
}

/** Signs up, connects and attaches so many sockets. */
export const openLoad = async (
  urls: readonly string[],
  { socketCount, random, name = 'one-of-many' }: LoadOptions,
): Promise<Load> => {
  const [sockets, sentAt]: [WatchedSockets, number[]] = [watchedSockets(), []];
  const numbers = [...Array(Math.max(2, socketCount / socketsPerAccount)).keys()];
  const accounts = await inBatches(numbers, 10, (n) =>
    signUp({ url: at(urls, n), username: `${name}-${n}`, password: 'correct horse' }),
  );
  const owners = accounts.flatMap((account) => Array<Grant>(socketsPerAccount).fill(account));
  const users = await inBatches(owners, 50, (owner, n) => openUser(urls, n, owner, { sockets, sentAt }));
  const channels = await inBatches(numbers, 20, async (n) => {
    const { rest } = at(users, n * socketsPerAccount).client;
    const memberIds = [at(accounts, n + 1).account.id];
    return (await rest.createChannel({ kind: 'group', title: `Channel ${n}`, memberIds })).id;
  });
  await inBatches(users, 50, (user, n) => {
    const account = Math.floor(n / socketsPerAccount);
    const own = n % socketsPerAccount < socketsPerAccount / 2;
    return attachAll(user, [at(channels, own ? account : account + accounts.length - 1)]);
  });
  console.log(`  ${users.length} sockets receive ${channels.length} channels`);
  return { accounts, users, channels, sentAt, sockets, random };
};

/** How each send ended, and how long messages were sent. */
export interface Sending {
  readonly outcomes: readonly Outcome[];
  readonly seconds: number;
}

/** Sends so many messages a second until it is stopped; each fails when it is not acknowledged within `deadlineMs`. */
export const startSending = (
  { accounts, users, channels, sentAt, random }: Load,
  rate: number,
  deadlineMs = defaultDeadlineMs,
): { stop(): Promise<Sending> } => {
  const outcomes: Promise<Outcome>[] = [];
  const began = performance.now();
  let stopped = false;
  const sendOne = (n: number): void => {
    const account = Math.floor(random() * accounts.length);
    const isDirect = random() < directShare;
    const target = isDirect
      ? { directWith: at(accounts, account + 1).account.id }
      : { channelId: at(channels, account) };
    const from = account * socketsPerAccount;
    sentAt[n] = performance.now();
    outcomes.push(send(at(users, from), { n, from, target }, deadlineMs));
  };
  const run = async (): Promise<Sending> => {
    for (let n = 0; !stopped; await sleep(5)) {
      for (const due = ((performance.now() - began) / 1000) * rate; n < due && !stopped; n += 1) sendOne(n);
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

export const returnsOf = ({ users }: Load): Return[] => users.flatMap((user) => user.returns);

/** Figures of what was sent and received, and the checks that nothing failed, was lost, duplicated or out of order. */
export const verifyLoad = async (load: Load, { outcomes, seconds }: Sending): Promise<void> => {
  const { users, channels, sockets } = load;
  const acknowledged = acknowledgedOf(outcomes);
  const away = returnsOf(load).map(({ awayMs }) => awayMs);
  figure('sockets', users.length);
  figure('sends', outcomes.length);
  figure('sends a second', outcomes.length / seconds);
  figure('acknowledged', acknowledged.length);
  figure('acknowledged as a repeat', acknowledged.filter(({ sent }) => sent.repeated).length);
  figure('attempts on the wire', sockets.counts.sendAttempts);
  figure('pushed entries that do not follow the one before', sockets.counts.notInOrder);
  list(sockets.outOfOrder);
  figure('reconnections', away.length);
  if (away.length > 0) {
    percentiles('without a connection', away, [0.5, 0.99]);
    figure('without a connection, longest', percentile(away, 1) / 1000, 's');
  }
  checkNone('nothing failed to be sent', failedOf(outcomes));
  await verifyDelivery({ users, channels, outcomes }, { withinMs: receivedWithinMs });
  const latencies = users.flatMap((user) => user.latencies);
  figure('received', latencies.length);
  const times = { 'acknowledged within': acknowledged.map(({ ms }) => ms), 'received within': latencies };
  for (const [what, all] of Object.entries(times)) {
    percentiles(what, all, [0.5, 0.99]);
    figure(`${what}, longest`, percentile(all, 1) / 1000, 's');
  }
};
