import { integer } from '@parley/runtime';
import { z } from 'zod';

const variables = {
  PARLEY_ACCOUNT_CHECK_MS: integer(0, 604_800_000, 3_600_000).describe(
    'how often the service asks auth which of its accounts were deleted, because an event can be lost; the interval varies by up to a half. 0: never',
  ),
};

const Environment = z.object(variables);

const fromEnvironment = (env: z.output<typeof Environment>) => ({
  accountCheckMs: env.PARLEY_ACCOUNT_CHECK_MS,
});

/** Settings of signaling itself; everything has a default, so `SignalingConfig.parse({})` is a configuration. */
export const SignalingConfig = Environment.transform(fromEnvironment);
export type SignalingConfig = z.output<typeof SignalingConfig>;
