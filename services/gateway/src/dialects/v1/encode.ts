import type { AccountPrincipal, BusEvent, BusEventNamed, Fault } from '@parley/contracts';
import type { Encoded } from '../../protocol/dialect.js';
import type { PresenceNotice } from '../../protocol/presence-command.js';
import type { RequestId, Result, Resumed } from '../../protocol/command.js';
import { FrameFault, errorBody, failure, notification, resultFrame } from './rpc.js';
import { channelSummaryView, channelView, memberView, messageView } from './shapes.js';

/** The response to a request, from the result of its command. */
export const encodeResult = (result: Result, requestId: RequestId | undefined): string | null => {
  switch (result.type) {
    case 'session.authenticate':
      return resultFrame(requestId, { accountId: result.principal.accountId, expiresAt: result.expiresAt });
    case 'token.renew':
      return resultFrame(requestId, { expiresAt: result.expiresAt });
    case 'message.send':
      return resultFrame(requestId, sent(result));
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

const sent = ({ message, inboxSequence, repeated }: Extract<Result, { type: 'message.send' }>) => ({
  id: message.id,
  number: message.number,
  channelId: message.channelId,
  sequence: message.sequence,
  ...(inboxSequence !== null && { inboxSequence }),
  sentAt: message.sentAt,
  repeated,
});

const resumed = (stream: Resumed): object =>
  stream.outcome === 'refused' ? { outcome: 'refused', error: errorBody(stream.fault) } : stream;

/** An event as a notification, the same text for all who receive it. */
export const encodeEvent = (event: BusEvent, owner: AccountPrincipal | null = null): Encoded | null => {
  switch (event.name) {
    case 'message.created':
      return messageCreated(event);
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
const messageCreated = ({ message, inbox }: BusEventNamed<'message.created'>): Encoded => ({
  frame: notification('message.created', {
    message: messageView(message, inbox?.accountId ?? null),
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
