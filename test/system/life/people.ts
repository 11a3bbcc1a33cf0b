// Accounts and their clients: thirty that act, ten that are away, and what each of them has of every channel.
import {
  type ClientStorage,
  type Entry,
  type Grant,
  type LiveChannel,
  ParleyClient,
  type Saved,
  signUp,
  type Thread,
} from '@parley/client';
import { FoldedChannel } from '../../clients/v1-fold.js';
import { afterwards } from '../proof/cleanup.js';
import { at } from '../proof/random.js';
import type { Wire } from './wire.js';

export interface Account {
  /** `life-<index>`: also its user name. */
  readonly name: string;
  readonly id: string;
  readonly grant: Grant;
}

/** A place in a stream, and what happened there. */
export type Trace = `${string} ${number} ${string}`;

/** A client and what it has. */
export interface Person extends Account {
  readonly client: ParleyClient;
  readonly channels: Map<string, LiveChannel>;
  /** Threads that it opened, by the id of their first message. */
  readonly threads: Map<string, Thread>;
  /** What it makes of the entries by the documented rule: of channels that it attached, and of direct channels. */
  readonly folds: Map<string, FoldedChannel>;
  /** The entries that it received of channels that it attached, in the order in which they came. */
  readonly traces: Map<string, Trace[]>;
  /** The same of its direct channels. */
  readonly inbox: Trace[];
  /** Up to which sequence it has marked channels as read. */
  readonly marks: Map<string, number>;
  readonly opened: { count: number };
}

export const traceOf = (entry: Entry): Trace => `${entry.channelId} ${entry.sequence} ${entry.kind}`;

const password = 'correct horse';
/** More messages than a channel gets. */
const timelineMax = 20_000;

export const newAccount = async (url: string, index: number): Promise<Account> => {
  const name = `life-${index}`;
  const grant = await signUp({ url, username: name, password });
  return { name, id: grant.account.id, grant };
};

export interface OpenOptions {
  readonly url: readonly string[];
  readonly wire: Wire;
  /** The channels that are not direct; they may be created later. */
  readonly places: ReadonlySet<string>;
  readonly storage?: ClientStorage;
}

/** Connected; closed when the proof ends. What is not of `places` is of direct channels. */
export const openPerson = async (account: Account, options: OpenOptions): Promise<Person> => {
  const { url, wire, storage, places } = options;
  const client = new ParleyClient({
    url,
    timelineMax,
    webSocket: wire.RecordedSocket,
    ...(storage ? { storage } : {}),
    tokens: account.grant,
  });
  const maps = { channels: new Map<string, LiveChannel>(), threads: new Map<string, Thread>() };
  const records = { folds: new Map<string, FoldedChannel>(), traces: new Map<string, Trace[]>() };
  const more = { inbox: [] as Trace[], marks: new Map<string, number>(), opened: { count: 0 } };
  const person: Person = { ...account, client, ...maps, ...records, ...more };
  client.on('entry', (entry) => {
    const { channelId } = entry;
    const isDirect = !places.has(channelId);
    if (isDirect && !person.folds.has(channelId)) record(person, channelId);
    person.folds.get(channelId)?.apply({ method: entry.kind, params: entry });
    if (isDirect) person.inbox.push(traceOf(entry));
    else person.traces.get(channelId)?.push(traceOf(entry));
  });
  client.on('state', ({ name }) => (person.opened.count += name === 'open' ? 1 : 0));
  afterwards(() => client.close());
  await client.connect();
  return person;
};

/** Folds and traces a channel from now on. */
export const record = ({ folds, traces }: Person, channelId: string): void => {
  folds.set(channelId, new FoldedChannel(channelId));
  traces.set(channelId, []);
};

/** Looks at a channel until the end. */
export const look = ({ client, channels }: Person, channelId: string): void => {
  const channel = client.channel(channelId);
  channels.set(channelId, channel);
  for (const part of [channel.messages, channel.unread]) part.subscribe(() => {});
};

/** A thread that it looks at until the end. */
export const lookAtThread = ({ threads }: Person, channel: LiveChannel, rootId: string): Thread => {
  const known = threads.get(rootId);
  if (known) return known;
  const thread = channel.thread(rootId);
  // A client keeps few threads of a channel, and those in use; two each are enough.
  if ([...threads.keys()].length >= 4) return thread;
  threads.set(rootId, thread);
  thread.subscribe(() => {});
  thread.root.subscribe(() => {});
  return thread;
};

/** A storage in memory: what a browser would keep. */
export const memoryStorage = (): ClientStorage & { readonly saved: () => Saved | null } => {
  let kept: Saved | null = null;
  return { load: () => kept, save: (saved) => void (kept = saved), saved: () => kept };
};

/** The gateways, beginning with another one for each index. */
export const urlsFor = (urls: readonly string[], index: number): string[] => {
  const first = at(urls, index);
  return [first, ...urls.filter((each) => each !== first)];
};
