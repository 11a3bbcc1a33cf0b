import { trace } from '@opentelemetry/api';
import type { Bus } from '@parley/bus';
import { Fault, chat, topics } from '@parley/contracts';
import type { AccountId, BusEvent, ChannelId, Context, Member, Message } from '@parley/contracts';
import { createFakeStreams, messagesOf, realm, snapshotOf } from './fake-streams.js';
import { serveParts } from './signers.js';

type Send = {
  target: { channelId?: ChannelId; directWith?: AccountId };
  clientId: string;
  content: Message['content'];
};
type ListAsked = { channelId: ChannelId; after?: number; limit: number };
type InboxAsked = { accountId: AccountId; after: number; limit: number };

/** Chat and topics as lists in memory: what they promise to a gateway, and nothing of how. */
export const createStubs = async (bus: Bus, { isFormer = false } = {}) => {
  const { state, channels, inboxes, called, channelOf, publish, makeChannel, directOf, append, change } =
    createFakeStreams(bus);

  await serveParts(bus, chat, {
    'message.send': async (
      { target, clientId, content, origin }: Send & { origin?: { connectionId: string } },
      { principal, trace: headers }: Context,
    ) => {
      called('message.send');
      state.traceIds.push(traceIdOf(headers));
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
    'member.authorize': async ({ target }: Send, { principal, trace: headers }: Context) => {
      called('member.authorize');
      state.authorizeTraceIds.push(traceIdOf(headers));
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
    /** `published` false: the bus loses the event. */
    join(channelId: ChannelId, accountId: AccountId, published = true) {
      const held = channelOf(channelId);
      held.members.add(accountId);
      held.channel = { ...held.channel, membershipVersion: held.channel.membershipVersion + 1 };
      const channel = snapshotOf(held.channel);
      const event: BusEvent = { name: 'member.added', realm, channel, member: memberOf(channelId, accountId) };
      if (published) publish(event, [{ kind: 'channel', id: channelId }]);
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

/** A frequent operation has its trace without an async context, where nothing records it. */
const traceIdOf = (headers: Context['trace']): string | undefined =>
  headers?.['traceparent']?.split('-')[1] ?? trace.getActiveSpan()?.spanContext().traceId;
