import { integer } from '@parley/runtime';
import { z } from 'zod';

const variables = {
  PARLEY_ACCOUNT_CHECK_MS: integer(0, 604_800_000, 3_600_000),
};

const Environment = z.object(variables);

const fromEnvironment = (env: z.output<typeof Environment>) => ({
  /** How often signaling asks auth which of its accounts were deleted; 0: never. */
  accountCheckMs: env.PARLEY_ACCOUNT_CHECK_MS,
});

/** Settings of signaling itself; everything has a default, so `SignalingConfig.parse({})` is a configuration. */
export const SignalingConfig = Environment.transform(fromEnvironment);
export type SignalingConfig = z.output<typeof SignalingConfig>;
