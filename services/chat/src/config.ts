import { z } from 'zod';

/** What the service can be told; every part has a default, so `ChatConfig.parse({})` is one. */
export const ChatConfig = z.object({
  /** A group is committed with at most this many messages … */
  groupMessagesMax: z.int().min(1).max(1_000).default(200),
  /** … and about this many bytes of JSON; a larger message goes alone. */
  groupBytesMax: z
    .int()
    .min(1_024)
    .default(400 * 1024),
  /** Sends beyond this many waiting are refused at once. */
  waitingMax: z.int().min(1).default(5_000),
  /** How old an answer of `topics.member.authorize` may be; the design allows 10 s. */
  authorizeCacheMs: z.int().min(0).max(10_000).default(10_000),
});
export type ChatConfig = z.infer<typeof ChatConfig>;
