import { createHash } from 'node:crypto';
import { Fault, asFault } from '@parley/contracts';
import type { z } from 'zod';
import type { Decoded, ConnectionView } from '../../protocol/dialect.js';
import type { Command } from '../../protocol/command.js';
import { hasRepeatedKeys } from '../repeated-keys.js';
import type { SwiftySettings } from './settings.js';
import { Ack, Direct, frameCharactersMax, ToTopic } from './shapes.js';

/** What an answer needs from the frame that it answers. */
export type Subject =
  { readonly msgid: string; readonly to: string } | { readonly msgid: string; readonly topic_id: string };

type Send = Extract<Command, { type: 'message.send' }>;

const badJson = (): Fault => new Fault('invalid', 'bad_json', 'Invalid JSON format');

/**
 * Parses a frame as an object; other JSON is not a frame. Refuses repeated keys: the recipient gets the text verbatim, and its parser may
 * keep the other one of two equal keys.
 */
const parse = (frame: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw badJson();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('invalid', 'bad_frame', 'Invalid message format: a JSON object is expected');
  }
  if (hasRepeatedKeys(frame, value)) {
    throw new SwiftyFault(
      new Fault('invalid', 'repeated_key', 'Invalid message format: a key is there twice'),
      (value as { msgid?: unknown }).msgid,
    );
  }
  return value as Record<string, unknown>;
};

/** Checks in the documented order: the schema, then the claimed sender; topic and subscription are looked up afterwards. */
export const decode = (frame: string, connection: ConnectionView | null, settings: SwiftySettings): Decoded => {
  const fields = parse(frame);
  if (!connection) return { command: { type: 'nothing' }, requestId: undefined };
  const ack = !('topic_id' in fields) && !('to' in fields) && Ack.safeParse(fields);
  if (ack && ack.success)
    return { command: { type: 'inbox.acknowledge', reference: ack.data.msgid }, requestId: undefined };
  const commandOf = 'topic_id' in fields ? topicMessage : directMessage;
  try {
    return commandOf(fields, frame, connection, settings);
  } catch (error) {
    throw new SwiftyFault(asFault(error), fields.msgid);
  }
};

const msgidCharactersMax = 128;

/** A fault about a frame that is not valid as a whole but contains a msgid. */
export class SwiftyFault extends Fault {
  readonly msgid: string | undefined;

  constructor(fault: Fault, msgid: unknown) {
    super(fault.code, fault.reason, fault.message, { cause: fault.cause });
    this.msgid = typeof msgid === 'string' && msgid.length <= msgidCharactersMax ? msgid : undefined;
  }
}

const topicMessage = (fields: object, frame: string, connection: ConnectionView): Decoded => {
  const message = shaped(ToTopic, fields, frame, 'Invalid topic message format');
  assertOwn(message.from, connection);
  const { topic_id, msgid, content } = message;
  const send: Send = {
    type: 'message.send',
    target: { slug: topic_id },
    clientId: clientIdOf(msgid, frame),
    content: { type: 'text', text: content },
    raw: frame,
    reach: 'count',
  };
  return requestId(send, { msgid, topic_id });
};

const directMessage = (
  fields: object,
  frame: string,
  connection: ConnectionView,
  { offlineQueue }: SwiftySettings,
): Decoded => {
  const message = shaped(Direct, fields, frame, 'Invalid message format');
  assertOwn(message.from, connection);
  const { to, msgid, content } = message;
  const send: Send = {
    type: 'message.send',
    target: { directWithHandle: to },
    clientId: clientIdOf(msgid, frame),
    reference: msgid,
    content: { type: 'text', text: content },
    raw: frame,
    reach: offlineQueue ? 'count' : 'or_refuse',
  };
  return requestId(send, { msgid, to });
};

const requestId = (command: Command, subject: Subject): Decoded => ({ command, requestId: JSON.stringify(subject) });

export const subjectOf = (requestId: unknown): Subject | null =>
  typeof requestId === 'string' ? (JSON.parse(requestId) as Subject) : null;

const shaped = <S extends z.ZodType>(schema: S, fields: object, frame: string, prefix: string): z.output<S> => {
  if (frame.length > frameCharactersMax) {
    throw new Fault('invalid', 'bad_frame', `${prefix}: at most ${frameCharactersMax} characters`);
  }
  const parsed = schema.safeParse(fields);
  if (!parsed.success) throw new Fault('invalid', 'bad_frame', `${prefix}: ${wordsOf(parsed.error.issues, fields)}`);
  return parsed.data;
};

/** Text of its own, so that an error does not reveal the validation library. */
const wordsOf = (issues: readonly z.core.$ZodIssue[], fields: object): string => {
  const keys = [...new Set(issues.map(keyOf))];
  const missing = keys.filter((key) => !(key in fields));
  const wrong = keys.filter((key) => key in fields);
  const parts = [];
  if (missing.length > 0) parts.push(`missing ${missing.join(', ')}`);
  if (wrong.length > 0) parts.push(`not as expected: ${wrong.join(', ')}`);
  return parts.join('; ');
};

const keyOf = ({ path }: z.core.$ZodIssue): string => String(path[0] ?? 'message');

const assertOwn = (from: string, { principal }: ConnectionView): void => {
  if (from === principal.handle) return;
  throw new Fault('forbidden', 'sender_mismatch', 'Sender UUID does not match authenticated client');
};

/**
 * The same frame again is a retry by the sender and returns the stored message. The digest separates different frames that a client sends
 * with one msgid, which the old server delivered as two messages.
 */
const clientIdOf = (msgid: string, frame: string): string => {
  const digest = createHash('sha256').update(frame).digest('base64url').slice(0, 22);
  return `${msgid.slice(0, 100)}/${digest}`;
};
