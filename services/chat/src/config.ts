import { integer } from '@parley/runtime';
import { z } from 'zod';

const variables = {
  PARLEY_CHAT_GROUP_MESSAGES_MAX: integer(1, 1_000, 200),
  PARLEY_CHAT_GROUP_BYTES_MAX: integer(1_024, 16_777_216, 409_600),
  PARLEY_CHAT_WAITING_MAX: integer(1, 1_000_000, 5_000),
  PARLEY_CHAT_AUTHORIZE_CACHE_MS: integer(0, 10_000, 10_000),
  PARLEY_RETENTION_DAYS: integer(0, 36_500, 0),
};

const dayMs = 24 * 60 * 60 * 1000;

const Environment = z.object(variables);

const fromEnvironment = (env: z.output<typeof Environment>) => ({
  /** A group is committed with at most this many messages … */
  groupMessagesMax: env.PARLEY_CHAT_GROUP_MESSAGES_MAX,
  /** … and about this many bytes of JSON; a larger message goes alone. */
  groupBytesMax: env.PARLEY_CHAT_GROUP_BYTES_MAX,
  /** Sends are refused at once when more than this many wait. */
  waitingMax: env.PARLEY_CHAT_WAITING_MAX,
  /** The maximum age of a cached `topics.member.authorize` result; at most 10 s by design, 0 disables the cache. */
  authorizeCacheMs: env.PARLEY_CHAT_AUTHORIZE_CACHE_MS,
  /** How long messages are kept; 0: for ever. */
  retentionMs: env.PARLEY_RETENTION_DAYS * dayMs,
});

/** Settings of chat itself; everything has a default, so `ChatConfig.parse({})` is a configuration. */
export const ChatConfig = Environment.transform(fromEnvironment);
export type ChatConfig = z.output<typeof ChatConfig>;
