import { integer } from '@parley/runtime';
import { z } from 'zod';

const variables = {
  PARLEY_CHAT_GROUP_MESSAGES_MAX: integer(1, 1_000, 400).describe('messages that are committed together'),
  PARLEY_CHAT_GROUP_BYTES_MAX: integer(1_024, 16_777_216, 409_600).describe(
    'bytes of JSON that are committed together; a larger message is committed alone',
  ),
  PARLEY_CHAT_WAITING_MAX: integer(1, 1_000_000, 5_000).describe(
    'sends that may wait; further ones are refused with `overloaded`',
  ),
  PARLEY_CHAT_AUTHORIZE_CACHE_MS: integer(0, 10_000, 10_000).describe(
    'how old a cached answer about membership may be; 0: none is cached',
  ),
  PARLEY_RETENTION_DAYS: integer(0, 36_500, 0).describe(
    'how long messages are kept; older ones are removed every ten minutes, and a client that missed removed messages gets a `reset`. 0: for ever',
  ),
  PARLEY_EDIT_WINDOW_HOURS: integer(0, 876_000, 24).describe(
    'how long after its sending a message may be edited by its sender; 0: for ever',
  ),
};

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

const Environment = z.object(variables);

const fromEnvironment = (env: z.output<typeof Environment>) => ({
  groupMessagesMax: env.PARLEY_CHAT_GROUP_MESSAGES_MAX,
  groupBytesMax: env.PARLEY_CHAT_GROUP_BYTES_MAX,
  waitingMax: env.PARLEY_CHAT_WAITING_MAX,
  /** The maximum age of a cached `topics.member.authorize` result; at most 10 s by design. */
  authorizeCacheMs: env.PARLEY_CHAT_AUTHORIZE_CACHE_MS,
  /** How long messages are kept; 0: for ever. */
  retentionMs: env.PARLEY_RETENTION_DAYS * dayMs,
  /** How long after its sending a message may be edited; 0: for ever. */
  editWindowMs: env.PARLEY_EDIT_WINDOW_HOURS * hourMs,
});

/** Settings of chat itself; everything has a default, so `ChatConfig.parse({})` is a configuration. */
export const ChatConfig = Environment.transform(fromEnvironment);
export type ChatConfig = z.output<typeof ChatConfig>;
