import { integer, processVariables, url, urls } from '@parley/runtime';
import { z } from 'zod';

/** What an operator may set about signaling itself: nothing yet. */
export const SignalingConfig = z.object({});
export type SignalingConfig = z.output<typeof SignalingConfig>;

/** What the process reads when signaling runs on its own. */
export const SignalingProcessConfig = z
  .object({
    ...processVariables,
    NATS_URL: urls(['nats', 'tls']),
    DATABASE_URL: url(['postgres', 'postgresql']),
    PARLEY_DATABASE_CONNECTIONS: integer(2, 100, 10),
  })
  .transform((env) => ({ ...env, signaling: {} }));
