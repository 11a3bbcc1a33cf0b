import type {
  AccountId,
  AccountPrincipal,
  BusEvent,
  BusEventNamed,
  Fault,
  Message,
  SequencedBusEvent,
} from '@parley/contracts';
import type { Encoded } from '../../protocol/dialect.js';
import type { PresenceNotice } from '../../protocol/presence-command.js';
import type { RequestId, Result, Resumed } from '../../protocol/command.js';
import { FrameFault, errorBody, failure, notification, resultFrame } from './rpc.js';
import { changeView, entryView } from './entry-shapes.js';
import { createdMessageView, threadView } from './message-shapes.js';
import { channelSummaryView, channelView, memberView } from './shapes.js';

/** The response to a request, from the result of its command. `reader`: the account that made the request. */
export const encodeResult = (
  result: Result,
  requestId: RequestId | undefined,
  reader: AccountId | null,
): string | null => {
  switch (result.type) {
    case 'session.authenticate':
      return resultFrame(requestId, { accountId: result.principal.accountId, expiresAt: result.expiresAt });
    case 'token.renew':
      return resultFrame(requestId, { expiresAt: result.expiresAt });
    case 'message.send':
      return resultFrame(requestId, sent(result));
    case 'message.edit':
    case 'message.delete':
    case 'message.react':
    case 'message.unreact':
    case 'message.pin':
    case 'message.unpin':
      return resultFrame(requestId, changed(result, reader));
    case 'channel.attach':
      if (result.resumed.outcome === 'refused') return failure(requestId, result.resumed.fault);
      return resultFrame(requestId, { channel: channelSummaryView(result.channel), ...resumed(result.resumed) });
    case 'session.resume':
      return resultFrame(requestId, {
        ...(result.inbox && { inbox: resumed(result.inbox) }),
        channels: Object.fromEntries([...result.channels].map(([id, stream]) => [id, resumed(stream)])),
      });
    case 'receipt.record':
      return resultFrame(requestId, { sequence: result.read, read: result.read, delivered: result.delivered });
    case 'presence.subscribe':
      return resultFrame(requestId, result.snapshot());
    case 'presence.set':
      return resultFrame(requestId, { state: result.state });
    case 'presence.unsubscribe':
    case 'typing.start':
    case 'channel.detach':
      return resultFrame(requestId, {});
    default:
      // No method of this dialect produces another result.
      return null;
  }
};

const sent = ({ message, inboxSequence, repeated, thread }: Extract<Result, { type: 'message.send' }>) => ({
  id: message.id,
  number: message.number,
  channelId: message.channelId,
  sequence: message.sequence,
  ...(inboxSequence !== null && { inboxSequence }),
  sentAt: message.sentAt,
  repeated,
  ...(thread && { thread: threadView(thread) }),
});

const changed = (
  { entry, inboxSequence, repeated }: Extract<Result, { entry: unknown }>,
  reader: AccountId | null,
) => ({
  entry: entryView(entry, reader),
  ...(inboxSequence !== null && { inboxSequence }),
  repeated,
});

const resumed = (stream: Resumed): object =>
  stream.outcome === 'refused' ? { outcome: 'refused', error: errorBody(stream.fault) } : stream;

/** An event as a notification, the same text for all who receive it. */
export const encodeEvent = (event: BusEvent, owner: AccountPrincipal | null = null): Encoded | null => {
  switch (event.name) {
    case 'message.created':
      return messageCreated(event);
    case 'message.edited':
    case 'message.deleted':
    case 'reaction.added':
    case 'reaction.removed':
    case 'message.pinned':
    case 'message.unpinned':
      return messageChanged(event);
    case 'typing.started': {
      const { channel, account, origin } = event;
      const params = { channelId: channel.id, account: { id: account.id, name: account.name } };
      return { frame: notification('typing.started', params), except: origin.connectionId };
    }
    case 'member.added':
    case 'member.changed':
      return { frame: notification(event.name, { ...membership(event), member: memberView(event.member) }) };
    case 'member.removed':
      return { frame: notification(event.name, { ...membership(event), accountId: event.accountId }) };
    case 'receipt.changed':
      return receiptChanged(event, owner !== null);
    case 'preferences.changed':
      return { frame: notification('preferences.changed', event.preferences) };
    case 'channel.changed':
      return { frame: notification('channel.changed', { channel: channelView(event.channel) }) };
    default:
      return null;
  }
};

const membership = ({ channel }: BusEventNamed<'member.added' | 'member.changed' | 'member.removed'>) => ({
  channelId: channel.id,
  membershipVersion: channel.membershipVersion,
});

// A direct message is published once per participant, so its event names the one reader whose ciphertext it may contain.
const messageCreated = ({ message, inbox, thread }: BusEventNamed<'message.created'>): Encoded => {
  const others = [
    thread ? `,"thread":${JSON.stringify(threadView(thread))}` : '',
    inbox ? `,"inboxSequence":${inbox.sequence}` : '',
  ];
  const params = `{"message":${createdText(message, inbox?.accountId ?? null)}${others.join('')}}`;
  return { frame: `{"jsonrpc":"2.0","method":"message.created","params":${params}}` };
};

let lastCreated: { readonly message: Message; readonly text: string } | null = null;

/** Text is the same for every reader, and the events of the two participants follow each other: within one process they share the message. */
const createdText = (message: Message, reader: AccountId | null): string => {
  if (lastCreated?.message === message) return lastCreated.text;
  const text = JSON.stringify(createdMessageView(message, reader));
  lastCreated = message.content.type === 'text' ? { message, text } : null;
  return text;
};

const messageChanged = ({ name, entry, inbox }: Exclude<SequencedBusEvent, { name: 'message.created' }>): Encoded => ({
  frame: notification(name, {
    ...changeView(entry, inbox?.accountId ?? null),
    ...(inbox && { inboxSequence: inbox.sequence }),
  }),
});

// The own devices receive the account's event; in a channel they are skipped.
const receiptChanged = (
  { channel, accountId, read, delivered }: BusEventNamed<'receipt.changed'>,
  isOwned: boolean,
): Encoded => ({
  frame: notification('receipt.changed', { channelId: channel.id, accountId, read, delivered }),
  ...(!isOwned && { accepts: ({ principal }) => principal.accountId !== accountId }),
});

/** What a subscriber of presence receives, as a notification. */
export const encodePresence = ({ type, ...params }: PresenceNotice): string => notification(type, params);

/** A fault of a frame; one that `decode` threw has the request id itself. */
export const encodeFault = (fault: Fault, requestId: RequestId | undefined): string | null =>
  failure(fault instanceof FrameFault ? fault.requestId : requestId, fault);
