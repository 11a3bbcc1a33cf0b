import { flag, integer, logLevel, port, processVariables, tlsVariables } from '@parley/runtime';
import { z } from 'zod';

/** Settings that standalone reads in addition to those of the five services. */
export const StandaloneConfig = z.object({
  /** The gateway's, read here too so that they can be checked before the services are loaded. */
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(8000),
  /** Where data, secret and log are kept. */
  PARLEY_FOLDER: z.string().min(1).default('.parley'),
  /** Each replaces its embedded part. */
  DATABASE_URL: z.string().optional(),
  ...tlsVariables('PARLEY_DATABASE'),
  NATS_URL: z.string().optional(),
  ...tlsVariables('PARLEY_NATS'),
  PARLEY_SECRET: z.string().optional(),
  /** The sample users, rooms and conversations of the old READMEs. Default: only when the server listens on loopback. */
  PARLEY_SAMPLE_DATA: flag(true).removeDefault().optional(),
  /** Short, because clients have no other gateway to move to and a user waits at a terminal. */
  PARLEY_DRAIN_MS: integer(0, 600_000, 1_000),
  ...processVariables,
  /** Keeps a new user's terminal quiet unless something is wrong. */
  PARLEY_LOG_LEVEL: logLevel.removeDefault().default('warn'),
});
export type StandaloneConfig = z.output<typeof StandaloneConfig>;
