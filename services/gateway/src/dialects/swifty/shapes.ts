import { bounded, DisplayName, NewSlug, Slug, text } from '@parley/contracts';
import { z } from 'zod';
import { MetadataObject } from '../shared/metadata.js';
import { documentedAs } from '../../protocol/documents.js';

// The old server's models were pydantic's, which accept a uuid in any of the forms that Python knows, and numbers and booleans as text.

const plainUuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

const canonicalUuid = (given: string): string | null => {
  const lower = given.toLowerCase().replace(/^urn:uuid:/, '');
  const bare = lower.startsWith('{') && lower.endsWith('}') ? lower.slice(1, -1) : lower;
  if (!plainUuid.test(bare)) return null;
  const hex = bare.replaceAll('-', '');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/** A uuid in any form; the output is lower case with hyphens. */
export const Uuid = documentedAs(
  bounded(64).transform((given, context) => {
    const uuid = canonicalUuid(given);
    if (uuid !== null) return uuid;
    context.addIssue({ code: 'custom', message: 'Input should be a valid UUID' });
    return z.NEVER;
  }),
  { type: 'string', format: 'uuid' },
);

/** A number as text, as Python's `float` and `int` read it, needs no more characters than this. */
const numberCharactersMax = 128;
const numeric = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const Numeric = documentedAs(
  z.union([z.number(), bounded(numberCharactersMax).trim().regex(numeric).transform(Number)], 'should be a number'),
  { type: 'number' },
);
const Whole = documentedAs(
  z.union(
    [
      z.number().refine(Number.isInteger),
      bounded(numberCharactersMax)
        .trim()
        .regex(/^[+-]?\d+$/)
        .transform(Number),
    ],
    'should be a whole number',
  ),
  { type: 'integer' },
);
const Truth = documentedAs(
  z.union(
    [
      z.boolean(),
      z.union([z.literal(0), z.literal(1)]).transform(Boolean),
      bounded(5)
        .regex(/^(true|false|t|f|yes|no|y|n|on|off|0|1)$/i)
        .transform((given) => /^(t|y|on|1)/i.test(given)),
    ],
    'should be true or false',
  ),
  { type: 'boolean' },
);
const Label = text(0, 16_384);

/** A message to one device, with the keys that the README documents. All of them are required; further keys are passed through. */
export const Direct = z.object({
  to: Uuid,
  from: Uuid,
  timestamp: Numeric,
  priority: Label,
  subject: Label,
  msgid: Uuid,
  acknowledge: Truth,
  content: text(0, 16_384),
  action: Label,
  event: Label,
  status: Label,
  conversation_id: Label,
  msgno: Whole,
});
export type Direct = z.output<typeof Direct>;

/** A message to a topic. */
export const ToTopic = z.object({
  topic_id: Slug,
  from: Uuid,
  timestamp: Numeric,
  priority: Label,
  subject: Label,
  msgid: text(1, 128),
  content: text(0, 16_384),
  action: Label.default('topic_message'),
  event: Label.default(''),
  status: Label.default('sent'),
  msgno: Whole.default(1),
});
export type ToTopic = z.output<typeof ToTopic>;

/** Parley's own: the old protocol has no acknowledgement. */
export const Ack = z.object({ type: z.literal('ack'), msgid: Uuid });

export const frameCharactersMax = 131_072;

/** REST. */
export const Registration = z.object({ name: DisplayName, uuid: Uuid });
export const Token = z.object({ token: z.string() });
export const MaybeToken = z.object({ token: z.string().optional() });
export const NewTopic = z.object({
  topic_id: NewSlug,
  metadata: MetadataObject.nullish().transform((given) => given ?? {}),
});
export const TopicName = z.object({ topic_id: Slug });
export const TopicPath = z.object({ topic_id: z.string() });

export const Registered = z.object({
  token: z.string(),
  uuid: z.string(),
  name: z.string(),
  message: z.literal('Registration successful'),
});
export const Clients = z.object({ count: z.int(), clients: z.record(z.string(), z.string()) });
const Topic = z.object({
  id: z.string(),
  creator: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  subscriber_count: z.int(),
});
export const Topics = z.object({ count: z.int(), topics: z.array(Topic) });
export const TopicWithSubscribers = Topic.extend({ subscribers: z.array(z.string()) });
export const TopicCreated = z.object({ message: z.string(), topic_id: z.string(), creator: z.string() });
export const Subscription = z.object({ message: z.string(), topic_id: z.string(), client_uuid: z.string() });
export const MessageStatus = z.object({
  msgid: z.string(),
  to: z.string(),
  status: z.enum(['pending', 'delivered', 'acknowledged', 'skipped']),
  timestamp: z.number(),
});
export const Undelivered = z.object({
  uuid: z.string(),
  count: z.int(),
  more: z.boolean(),
  messages: z.array(z.object({ msgid: z.string(), from: z.string(), timestamp: z.number() })),
});
export const Detail = z.object({ detail: z.string() });

/** The old server's times: seconds since the epoch, as a float. */
export const epochSeconds = (now = Date.now()): number => now / 1000;
