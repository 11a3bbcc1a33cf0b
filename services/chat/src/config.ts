import { z } from 'zod';

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback);

/** What an operator may set about chat itself; everything has a default, so `ChatConfig.parse({})` is a configuration. */
export const ChatConfig = z
  .object({
    PARLEY_CHAT_GROUP_MESSAGES_MAX: count(200).pipe(z.int().max(1_000)),
    PARLEY_CHAT_GROUP_BYTES_MAX: count(400 * 1024),
    PARLEY_CHAT_WAITING_MAX: count(5_000),
    PARLEY_CHAT_AUTHORIZE_CACHE_MS: z.coerce.number().int().min(0).max(10_000).default(10_000),
  })
  .transform((env) => ({
    /** A group is committed with at most this many messages … */
    groupMessagesMax: env.PARLEY_CHAT_GROUP_MESSAGES_MAX,
    /** … and about this many bytes of JSON; a larger message goes alone. */
    groupBytesMax: env.PARLEY_CHAT_GROUP_BYTES_MAX,
    /** Sends beyond this many waiting are refused at once. */
    waitingMax: env.PARLEY_CHAT_WAITING_MAX,
    /** How old an answer of `topics.member.authorize` may be; the design allows 10 s, 0 asks each time. */
    authorizeCacheMs: env.PARLEY_CHAT_AUTHORIZE_CACHE_MS,
  }));
export type ChatConfig = z.output<typeof ChatConfig>;
