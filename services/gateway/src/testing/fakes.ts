import { randomUUID } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import type { Bus } from '@parley/bus';
import { Fault, chat, notFound, topics } from '@parley/contracts';
import type {
  AccountId,
  Channel,
  ChannelId,
  ChannelSnapshot,
  Context,
  BusEvent,
  Entry,
  InboxStreamEntry,
  Member,
  Message,
  MessageId,
  Scope,
} from '@parley/contracts';
import { serveParts } from './signers.js';
import { unchanged } from './unchanged.js';

type Send = {
  target: { channelId?: ChannelId; directWith?: AccountId };
  clientId: string;
  content: Message['content'];
};
type ListAsked = { channelId: ChannelId; after?: number; limit: number };
type InboxAsked = { accountId: AccountId; after: number; limit: number };

const realm = 'main';

/** Chat and topics as lists in memory: what they promise to a gateway, and nothing of how. */
export const createStubs = async (bus: Bus, { isFormer = false } = {}) => {
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

  /** Commits and tells, as a sender's call does. */
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

  /** Commits a change of a message and tells of it. */
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
    const said = { ...what, realm, channel, origin: origin ? { connectionId: origin } : null };
    const tell = (inbox: object | null, scope: Scope): void => publish({ ...said, inbox } as BusEvent, [scope]);
    if (held.channel.kind !== 'direct') {
      tell(null, { kind: 'channel', id: channel.id });
      return [];
    }
    const places = [...held.members].map((accountId) => {
      const inbox = inboxes.get(accountId) ?? [];
      inboxes.set(accountId, inbox);
      inbox.push({ sequence: inbox.length + 1, channel, entry });
      return { accountId, sequence: inbox.length };
    });
    for (const inbox of places) tell(inbox, { kind: 'account', id: inbox.accountId });
    return places;
  };

  await serveParts(bus, chat, {
    'message.send': async (
      { target, clientId, content, origin }: Send & { origin?: { connectionId: string } },
      { principal }: Context,
    ) => {
      called('message.send');
      state.traceIds.push(trace.getActiveSpan()?.spanContext().traceId);
      if (principal.kind !== 'account') throw new Fault('forbidden', 'not_account', 'Only accounts');
      const held = target.channelId
        ? channelOf(target.channelId)
        : directOf(principal.accountId, target.directWith as AccountId);
      if (!held.members.has(principal.accountId)) throw new Fault('forbidden', 'not_member', 'Not a member');
      const kept = messagesOf(held.entries).find(
        (one) => one.clientId === clientId && one.sender.id === principal.accountId,
      );
      const text = content.type === 'text' ? content.text : '';
      const appended = kept
        ? { message: kept, places: [] }
        : append(held, principal.accountId, text, { clientId, ...(origin && { origin: origin.connectionId }) });
      if (state.loseAnswers > 0) {
        state.loseAnswers -= 1;
        throw new Fault('unavailable', 'deadline_exceeded', 'Lost');
      }
      const { message, places } = appended;
      return { message, channel: snapshotOf(held.channel), inbox: places, repeated: kept !== undefined, thread: null };
    },
    'message.list': async ({ channelId, after = 0, limit }: ListAsked) => {
      called('message.list');
      if (state.chatDown) throw new Fault('unavailable', 'store_unavailable', 'Down');
      const { entries, floor } = channelOf(channelId);
      const messages = messagesOf(entries);
      const found = messages.filter((one) => one.sequence > Math.max(after, floor)).slice(0, limit);
      const more = (found.at(-1)?.sequence ?? Infinity) < (messages.at(-1)?.sequence ?? 0);
      return { messages: found, more, head: entries.length, floor };
    },
    ...(isFormer
      ? { 'channel.entries': notServed, 'inbox.entries': notServed }
      : {
          'channel.entries': async ({ channelId, after, limit }: Required<ListAsked>) => {
            called('channel.entries');
            if (state.chatDown) throw new Fault('unavailable', 'store_unavailable', 'Down');
            const { entries, floor } = channelOf(channelId);
            const found = entries.filter((one) => one.sequence > Math.max(after, floor)).slice(0, limit);
            const more = (found.at(-1)?.sequence ?? entries.length) < entries.length;
            return { entries: found, more, head: entries.length, floor };
          },
          'inbox.entries': async ({ accountId, after, limit }: InboxAsked) => {
            called('inbox.entries');
            await state.beforeInboxPage?.();
            const all = inboxes.get(accountId) ?? [];
            const entries = all.slice(after, after + limit);
            return { entries, more: after + entries.length < all.length, head: all.length, floor: 0 };
          },
        }),
    'channel.heads': async ({ channelIds, accountIds }: { channelIds: ChannelId[]; accountIds: AccountId[] }) => {
      called('channel.heads');
      if (state.chatDown) throw new Fault('unavailable', 'store_unavailable', 'Down');
      return {
        channels: channelIds.map((channelId) => ({
          channelId,
          head: channels.get(channelId)?.entries.length ?? 0,
          floor: 0,
        })),
        inboxes: accountIds.map((accountId) => ({ accountId, head: inboxes.get(accountId)?.length ?? 0, floor: 0 })),
      };
    },
    'inbox.list': async ({ accountId, after, limit }: InboxAsked) => {
      called('inbox.list');
      await state.beforeInboxPage?.();
      const all = inboxes.get(accountId) ?? [];
      const found = all.flatMap(({ sequence, channel, entry }) =>
        entry.kind === 'message.created' && sequence > after ? [{ sequence, channel, message: entry.message }] : [],
      );
      const entries = found.slice(0, limit);
      return { entries, more: entries.length < found.length, head: all.length, floor: 0 };
    },
    'receipt.recordMany': async ({ positions }: { positions: object[] }) => ({ positions }),
    'receipt.record': async ({ sequence }: { sequence: number }) => ({ sequence }),
  });

  await serveParts(bus, topics, {
    'member.authorize': async ({ target }: Send, { principal }: Context) => {
      called('member.authorize');
      if (principal.kind !== 'account') throw new Fault('forbidden', 'not_account', 'Only accounts');
      const held = channelOf(target.channelId as ChannelId);
      if (!held.members.has(principal.accountId)) throw new Fault('forbidden', 'not_member', 'Not a member');
      return { channel: held.channel, role: 'member', audience: [{ kind: 'channel', id: held.channel.id }] };
    },
    'member.filterReaders': async ({ channelId, accountIds }: { channelId: ChannelId; accountIds: AccountId[] }) => {
      called('member.filterReaders');
      const { channel, members } = channelOf(channelId);
      return { membershipVersion: channel.membershipVersion, accountIds: accountIds.filter((id) => members.has(id)) };
    },
    'member.list': async ({ channelId, after, limit }: { channelId: ChannelId; after?: AccountId; limit: number }) => {
      called('member.list');
      const sorted = [...channelOf(channelId).members].toSorted().filter((id) => after === undefined || id > after);
      const members = sorted.slice(0, limit).map((accountId) => memberOf(channelId, accountId));
      return { members, next: sorted.length > limit ? (members.at(-1)?.accountId ?? null) : null };
    },
    'channel.versions': async ({ ids }: { ids: ChannelId[] }) => {
      called('channel.versions');
      return ids.map((channelId) => ({ channelId, membershipVersion: channelOf(channelId).channel.membershipVersion }));
    },
  });

  return {
    state,
    calls: (name: string) => state.calls.get(name) ?? 0,
    snapshot: (id: ChannelId) => snapshotOf(channelOf(id).channel),
    floor: (id: ChannelId, floor: number) => void (channelOf(id).floor = floor),
    room: (...members: AccountId[]): ChannelId => makeChannel('group', members).id,
    direct: (a: AccountId, b: AccountId, text: string) => append(directOf(a, b), a, text).message,
    say: (channelId: ChannelId, senderId: AccountId, text: string, more: { clientId?: string; origin?: string } = {}) =>
      append(channelOf(channelId), senderId, text, more).message,
    /** `told` false: the bus loses the event. */
    join(channelId: ChannelId, accountId: AccountId, told = true) {
      const held = channelOf(channelId);
      held.members.add(accountId);
      held.channel = { ...held.channel, membershipVersion: held.channel.membershipVersion + 1 };
      const channel = snapshotOf(held.channel);
      const event: BusEvent = { name: 'member.added', realm, channel, member: memberOf(channelId, accountId) };
      if (told) publish(event, [{ kind: 'channel', id: channelId }]);
    },
    change,
    remove(channelId: ChannelId, accountId: AccountId) {
      const held = channelOf(channelId);
      held.members.delete(accountId);
      held.channel = { ...held.channel, membershipVersion: held.channel.membershipVersion + 1 };
      const event: BusEvent = { name: 'member.removed', realm, channel: snapshotOf(held.channel), accountId };
      publish(event, [
        { kind: 'channel', id: channelId },
        { kind: 'account', id: accountId },
      ]);
    },
  };
};

const memberOf = (channelId: ChannelId, accountId: AccountId): Member => ({
  channelId,
  accountId,
  role: 'member',
  joinedAt: new Date().toISOString(),
});

/** Chat of the previous release has messages only. */
const notServed = (): Promise<never> => Promise.reject(new Fault('unavailable', 'no_responders', 'Not served'));

const messagesOf = (entries: readonly Entry[]): Message[] =>
  entries.flatMap((entry) => (entry.kind === 'message.created' ? [entry.message] : []));

const snapshotOf = ({ id, number, kind, slug, title, membershipVersion }: Channel): ChannelSnapshot => ({
  id,
  number,
  kind,
  slug,
  title,
  membershipVersion,
});
