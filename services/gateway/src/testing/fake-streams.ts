import { randomUUID } from 'node:crypto';
import type { Bus } from '@parley/bus';
import { notFound } from '@parley/contracts';
import type {
  AccountId,
  Channel,
  ChannelId,
  ChannelSnapshot,
  BusEvent,
  Entry,
  InboxStreamEntry,
  Message,
  MessageId,
  Scope,
} from '@parley/contracts';
import { unchanged } from './unchanged.js';

export const realm = 'main';

/** Channels and inboxes as lists in memory, whose changes are published as chat publishes them. */
export const createFakeStreams = (bus: Bus) => {
  const channels = new Map<ChannelId, { channel: Channel; members: Set<AccountId>; entries: Entry[]; floor: number }>();
  const inboxes = new Map<AccountId, InboxStreamEntry[]>();
  const names = new Map<AccountId, string>();
  const state = {
    number: 0,
    calls: new Map<string, number>(),
    chatDown: false,
    loseAnswers: 0,
    beforeInboxPage: null as (() => Promise<void>) | null,
    /** Of the calls that send a message. */
    traceIds: [] as (string | undefined)[],
    /** Of the questions whether an account may read or write a channel. */
    authorizeTraceIds: [] as (string | undefined)[],
  };
  const called = (name: string): void => void state.calls.set(name, (state.calls.get(name) ?? 0) + 1);

  const channelOf = (id: ChannelId) => {
    const found = channels.get(id);
    if (!found) throw notFound('channel');
    return found;
  };
  const publish = (event: BusEvent, audience: readonly Scope[]): void => bus.publish(event, audience);
  const makeChannel = (kind: Channel['kind'], members: readonly AccountId[]): Channel => {
    state.number += 1;
    const channel: Channel = {
      id: randomUUID() as ChannelId,
      number: state.number,
      realm,
      kind,
      slug: null,
      title: `Channel ${state.number}`,
      metadata: {},
      metadataText: null,
      membershipVersion: 1,
      createdBy: null,
      createdAt: new Date().toISOString(),
      closedAt: null,
    };
    channels.set(channel.id, { channel, members: new Set(members), entries: [], floor: 0 });
    return channel;
  };
  const directOf = (a: AccountId, b: AccountId) => {
    for (const one of channels.values()) {
      if (one.channel.kind === 'direct' && one.members.has(a) && one.members.has(b)) return one;
    }
    return channelOf(makeChannel('direct', [a, b]).id);
  };

  /** Commits and publishes, as a sender's call does. */
  const append = (
    held: ReturnType<typeof channelOf>,
    senderId: AccountId,
    text: string,
    more: Partial<Message> & { origin?: string } = {},
  ) => {
    const { origin, ...rest } = more;
    state.number += 1;
    const message: Message = {
      id: randomUUID() as MessageId,
      number: state.number,
      channelId: held.channel.id,
      sequence: held.entries.length + 1,
      sender: { id: senderId, number: 1, handle: senderId, name: names.get(senderId) ?? 'somebody' },
      clientId: null,
      content: { type: 'text', text },
      raw: null,
      sentAt: new Date().toISOString(),
      ...unchanged,
      ...rest,
    };
    const entry = { kind: 'message.created' as const, sequence: message.sequence, message, thread: null };
    const places = place(held, entry, { name: entry.kind, message, thread: null }, origin);
    return { message, places };
  };

  /** Commits a change of a message and publishes it. */
  const change = (of: Message, kind: 'reaction.added' | 'message.pinned', origin?: string) => {
    const held = channelOf(of.channelId);
    const entry: Entry = {
      kind: kind as 'reaction.added',
      sequence: held.entries.length + 1,
      channelId: of.channelId,
      messageId: of.id,
      messageNumber: of.number,
      messageSequence: of.sequence,
      actor: of.sender,
      clientId: null,
      at: new Date().toISOString(),
      emoji: '👍',
      count: 1,
    };
    place(held, entry, { name: entry.kind, entry }, origin);
    return entry;
  };

  const place = (
    held: ReturnType<typeof channelOf>,
    entry: Entry,
    what: Readonly<Record<string, unknown>>,
    origin: string | undefined,
  ) => {
    held.entries.push(entry);
    const channel = snapshotOf(held.channel);
    const event = { ...what, realm, channel, origin: origin ? { connectionId: origin } : null };
    const publishTo = (scope: Scope, inbox: object | null): void => publish({ ...event, inbox } as BusEvent, [scope]);
    if (held.channel.kind !== 'direct') {
      publishTo({ kind: 'channel', id: channel.id }, null);
      return [];
    }
    const places = [...held.members].map((accountId) => {
      const inbox = inboxes.get(accountId) ?? [];
      inboxes.set(accountId, inbox);
      inbox.push({ sequence: inbox.length + 1, channel, entry });
      return { accountId, sequence: inbox.length };
    });
    for (const inbox of places) publishTo({ kind: 'account', id: inbox.accountId }, inbox);
    return places;
  };

  return { state, channels, inboxes, called, channelOf, publish, makeChannel, directOf, append, change };
};

export const messagesOf = (entries: readonly Entry[]): Message[] =>
  entries.flatMap((entry) => (entry.kind === 'message.created' ? [entry.message] : []));

export const snapshotOf = ({ id, number, kind, slug, title, membershipVersion }: Channel): ChannelSnapshot => ({
  id,
  number,
  kind,
  slug,
  title,
  membershipVersion,
});
