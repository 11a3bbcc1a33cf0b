import { z } from 'zod';

/** What an operator may set about topics itself. */
export const TopicsConfig = z
  .object({
    PARLEY_CHANNELS_PER_ACCOUNT_MAX: z.coerce.number().int().min(1).default(10_000),
    PARLEY_MEMBERS_PER_CHANNEL_MAX: z.coerce.number().int().min(1).default(100_000),
  })
  .transform((env) => ({
    channelsPerAccountMax: env.PARLEY_CHANNELS_PER_ACCOUNT_MAX,
    membersPerChannelMax: env.PARLEY_MEMBERS_PER_CHANNEL_MAX,
  }));
export type TopicsConfig = z.output<typeof TopicsConfig>;
