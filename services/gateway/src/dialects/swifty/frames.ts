import { createHash } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type { z } from 'zod';
import type { ClientFrames } from '../../protocol/client-frames.js';
import type { ConnectionView } from '../../protocol/dialect.js';
import type { SwiftySettings } from './settings.js';
import { Ack, Direct, frameCharactersMax, ToTopic } from './shapes.js';
import { requestIdOf } from './subject.js';

interface Received {
  readonly fields: object;
  /** The text of the frame, which the recipients get verbatim. */
  readonly frame: string;
  readonly connection: ConnectionView;
  readonly settings: SwiftySettings;
}

const uuid = '123e4567-e89b-12d3-a456-426614174000';
const timestamp = 1234567890.123;

/** A frame with `topic_id` is for a topic, one of type `ack` without it and without `to` acknowledges, any other is for a device. */
export const frames = {
  direct: {
    summary: 'Send a message to one device',
    schema: Direct,
    example: {
      to: '6f1d2c3b-4a59-4e68-8d77-a1b2c3d4e5f6',
      from: uuid,
      timestamp,
      priority: 'high',
      subject: 'Message subject',
      msgid: '0b9e7c1a-2f43-4d5e-9a68-7c8b9d0e1f23',
      acknowledge: true,
      content: 'Message content',
      action: 'message',
      event: 'event-type',
      status: 'sent',
      conversation_id: 'conversation-id',
      msgno: 1,
    },
    decode({ fields, frame, connection, settings }) {
      const message = shaped(Direct, fields, frame, 'Invalid message format');
      assertOwn(message.from, connection);
      const { to, msgid, content } = message;
      return {
        command: {
          type: 'message.send',
          target: { directWithHandle: to },
          clientId: clientIdOf(msgid, frame),
          reference: msgid,
          content: { type: 'text', text: content },
          raw: frame,
          reach: settings.offlineQueue ? 'count' : 'or_refuse',
        },
        requestId: requestIdOf({ msgid, to }),
      };
    },
  },
  topic: {
    summary: 'Send a message to a subscribed topic',
    schema: ToTopic,
    example: {
      topic_id: 'my-topic',
      from: uuid,
      timestamp,
      priority: 'normal',
      subject: 'Topic message',
      msgid: 'message-uuid',
      content: 'Message content',
      action: 'topic_message',
      event: '',
      status: 'sent',
      msgno: 1,
    },
    decode({ fields, frame, connection }) {
      const message = shaped(ToTopic, fields, frame, 'Invalid topic message format');
      assertOwn(message.from, connection);
      const { topic_id, msgid, content } = message;
      return {
        command: {
          type: 'message.send',
          target: { slug: topic_id },
          clientId: clientIdOf(msgid, frame),
          content: { type: 'text', text: content },
          raw: frame,
          reach: 'count',
        },
        requestId: requestIdOf({ msgid, topic_id }),
      };
    },
  },
  ack: {
    summary: 'Acknowledge a received message; the server sends no answer',
    schema: Ack,
    example: { type: 'ack', msgid: '0b9e7c1a-2f43-4d5e-9a68-7c8b9d0e1f23' },
    decode: ({ fields, frame }) => ({
      command: { type: 'inbox.acknowledge', reference: shaped(Ack, fields, frame, 'Invalid message format').msgid },
      requestId: undefined,
    }),
  },
} satisfies ClientFrames<Received>;

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
