import { integer } from '@parley/runtime';
import { z } from 'zod';

const variables = {
  PARLEY_CHANNELS_PER_ACCOUNT_MAX: integer(1, 1_000_000, 10_000).describe('channels that one account may create'),
  PARLEY_MEMBERS_PER_CHANNEL_MAX: integer(1, 1_000_000, 100_000).describe('members of one channel'),
  PARLEY_ACCOUNT_CHECK_MS: integer(0, 604_800_000, 3_600_000).describe(
    'how often the service asks auth which of its accounts were deleted, because an event can be lost; the interval varies by up to a half. 0: never',
  ),
};

const Environment = z.object(variables);

const fromEnvironment = (env: z.output<typeof Environment>) => ({
  channelsPerAccountMax: env.PARLEY_CHANNELS_PER_ACCOUNT_MAX,
  membersPerChannelMax: env.PARLEY_MEMBERS_PER_CHANNEL_MAX,
  accountCheckMs: env.PARLEY_ACCOUNT_CHECK_MS,
});

/** Settings of topics itself; everything has a default, so `TopicsConfig.parse({})` is a configuration. */
export const TopicsConfig = Environment.transform(fromEnvironment);
export type TopicsConfig = z.output<typeof TopicsConfig>;
