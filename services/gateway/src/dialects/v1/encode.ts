import type { Fact, FactNamed, Fault } from '@parley/contracts';
import type { About, Encoded, Outcome, Resumed } from '../dialect.js';
import { FrameFault, errorBody, failure, notification, result } from './rpc.js';
import { channelSummaryView, channelView, memberView, messageView } from './shapes.js';

/** The answer to a request, once what it asked for was done. */
export const encodeOutcome = (outcome: Outcome, about: About | undefined): string | null => {
  switch (outcome.did) {
    case 'session.authenticate':
      return result(about, { accountId: outcome.principal.accountId, expiresAt: outcome.expiresAt });
    case 'token.renew':
      return result(about, { expiresAt: outcome.expiresAt });
    case 'message.send':
      return result(about, sent(outcome));
    case 'channel.attach':
      if (outcome.resumed.outcome === 'refused') return failure(about, outcome.resumed.fault);
      return result(about, { channel: channelSummaryView(outcome.channel), ...resumed(outcome.resumed) });
    case 'session.resume':
      return result(about, {
        ...(outcome.inbox && { inbox: resumed(outcome.inbox) }),
        channels: Object.fromEntries([...outcome.channels].map(([id, stream]) => [id, resumed(stream)])),
      });
    case 'receipt.record':
      return result(about, { sequence: outcome.sequence });
    case 'typing.start':
    case 'channel.detach':
      return result(about, {});
    case 'peer.register':
      // Peers are the mesh wire's; no method of this one leads here.
      return null;
  }
};

const sent = ({ message, inboxSequence, repeated }: Extract<Outcome, { did: 'message.send' }>) => ({
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

/** A fact as a notification, the same text for all who hear it. */
export const encodeFact = (fact: Fact): Encoded | null => {
  switch (fact.name) {
    case 'message.created':
      return messageCreated(fact);
    case 'typing.started': {
      const { channel, account, origin } = fact;
      const params = { channelId: channel.id, account: { id: account.id, name: account.name } };
      return { frame: notification('typing.started', params), except: origin.connectionId };
    }
    case 'member.added':
    case 'member.changed':
      return { frame: notification(fact.name, { ...membership(fact), member: memberView(fact.member) }) };
    case 'member.removed':
      return { frame: notification(fact.name, { ...membership(fact), accountId: fact.accountId }) };
    case 'channel.changed':
      return { frame: notification('channel.changed', { channel: channelView(fact.channel) }) };
    default:
      return null;
  }
};

const membership = ({ channel }: FactNamed<'member.added' | 'member.changed' | 'member.removed'>) => ({
  channelId: channel.id,
  membershipVersion: channel.membershipVersion,
});

// A direct message is told once to each participant, so its fact names the one reader whose ciphertext may be shown.
const messageCreated = ({ message, inbox }: FactNamed<'message.created'>): Encoded => ({
  frame: notification('message.created', {
    message: messageView(message, inbox?.accountId ?? null),
    ...(inbox && { inboxSequence: inbox.sequence }),
  }),
});

/** A fault about a frame; whom `decode` refused knows best what it was about. */
export const encodeFault = (fault: Fault, about: About | undefined): string | null =>
  failure(fault instanceof FrameFault ? fault.about : about, fault);
