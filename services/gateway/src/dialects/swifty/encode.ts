import type { AccountPrincipal, BusEvent, BusEventNamed } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import type { Encoded, ConnectionView } from '../../protocol/dialect.js';
import type { RequestId, Result } from '../../protocol/command.js';
import { SwiftyFault } from './decode.js';
import { subjectOf } from './subject.js';
import type { Subject } from './subject.js';
import { Direct, epochSeconds, ToTopic } from './shapes.js';
import { isShown } from '../shared/shown-messages.js';
import { wordsFor } from './errors.js';

type Created = BusEventNamed<'message.created'>;

const error = (message: string, msgid: string | undefined): string =>
  JSON.stringify({ type: 'error', message, ...(msgid !== undefined && { msgid }), timestamp: epochSeconds() });

const notConnected = ({ msgid, to }: Extract<Subject, { to: string }>): string =>
  error(`Recipient ${to} not connected`, msgid);

/** The answer to the sender of a message. */
export const encodeResult = (result: Result, requestId: RequestId | undefined): string | null => {
  const subject = subjectOf(requestId);
  if (result.type !== 'message.send' || !subject) return null;
  const { msgid } = subject;
  if ('to' in subject) {
    if (result.reached === 0) return notConnected(subject);
    return JSON.stringify({ type: 'sent', message: 'Message delivered', msgid, timestamp: epochSeconds() });
  }
  const { topic_id } = subject;
  const message = `Message sent to ${result.reached ?? 0} subscribers`;
  return JSON.stringify({ type: 'topic_sent', message, topic_id, msgid, timestamp: epochSeconds() });
};

/** Clients of the old server receive a message to themselves before its `sent`. */
export const isToOneself = (requestId: RequestId | undefined, { principal }: ConnectionView): boolean => {
  const subject = subjectOf(requestId);
  return subject !== null && 'to' in subject && subject.to === principal.handle;
};

const notSubscribed = new Set(['not_member', 'barred']);
const unknownRecipient = new Set(['account_not_found', 'recipient_absent']);

/** A fault of the connection as a whole (`requestId` null), or of a frame: then in the old server's texts. */
export const encodeFault = (fault: Fault, requestId: RequestId | undefined): string => {
  const subject = subjectOf(requestId);
  const msgid = subject?.msgid ?? (fault instanceof SwiftyFault ? fault.msgid : undefined);
  if (subject && 'to' in subject && unknownRecipient.has(fault.reason)) return notConnected(subject);
  if (subject && 'topic_id' in subject) {
    if (fault.reason === 'channel_not_found') return error(`Topic ${subject.topic_id} not found`, msgid);
    if (notSubscribed.has(fault.reason)) return error(`Not subscribed to topic ${subject.topic_id}`, msgid);
  }
  if (fault.code === 'unauthenticated') return error(wordsFor(fault), msgid);
  if (!subject && fault.code !== 'unavailable' && fault.code !== 'internal') return error(fault.message, msgid);
  return error(`Error processing message: ${fault.message}`, msgid);
};

/** The sender's frame verbatim, after an edit with the new text; a message from another dialect is encoded in the format of this one. */
export const encodeEvent = (event: BusEvent, owner: AccountPrincipal | null): Encoded | null => {
  if (event.name !== 'message.created' || event.message.content.type !== 'text' || !isShown(event.message)) return null;
  return event.inbox ? direct(event, owner) : toSubscribers(event);
};

const toSubscribers = (event: Created): Encoded | null => {
  const { message, channel } = event;
  if (channel.kind !== 'topic' && channel.kind !== 'room') return null;
  const frame = verbatim(event, ToTopic) ?? JSON.stringify(inTopicWords(event));
  return { frame, accepts: ({ principal }: ConnectionView) => principal.accountId !== message.sender.id };
};

/** The sender's own inbox contains what it sent: it receives of that only messages to itself. */
const direct = (event: Created, owner: AccountPrincipal | null): Encoded | null => {
  const { message, inbox } = event;
  const frame = verbatim(event, Direct);
  if (inbox?.accountId !== message.sender.id) return { frame: frame ?? JSON.stringify(inDirectWords(event, owner)) };
  if (frame === null || owner === null) return null;
  const { to } = Direct.parse(JSON.parse(frame));
  return to === owner.handle ? { frame } : null;
};

/** Other dialects may store raw frames too; this one sends only its own. */
const verbatim = ({ message }: Created, schema: typeof Direct | typeof ToTopic): string | null => {
  const { raw, editedAt } = message;
  if (raw === null) return null;
  try {
    const frame: unknown = JSON.parse(raw);
    if (!schema.safeParse(frame).success) return null;
    return editedAt === null ? raw : JSON.stringify({ ...(frame as object), content: textOf(message) });
  } catch {
    return null;
  }
};

const inDirectWords = ({ message, channel }: Created, owner: AccountPrincipal | null) => ({
  to: owner?.handle ?? '',
  from: message.sender.handle,
  timestamp: epochSeconds(Date.parse(message.sentAt)),
  priority: 'normal',
  subject: '',
  msgid: message.id,
  acknowledge: false,
  content: textOf(message),
  action: 'message',
  event: '',
  status: 'sent',
  conversation_id: channel.id,
  msgno: message.sequence,
});

const inTopicWords = ({ message, channel }: Created) => ({
  topic_id: channel.slug ?? channel.title,
  from: message.sender.handle,
  timestamp: epochSeconds(Date.parse(message.sentAt)),
  priority: 'normal',
  subject: channel.title,
  msgid: message.id,
  content: textOf(message),
  action: 'topic_message',
  event: '',
  status: 'sent',
  msgno: message.sequence,
});

const textOf = ({ content }: Created['message']): string => {
  if (content.type === 'text') return content.text;
  throw new Fault('internal', 'internal', 'This dialect has text only');
};
