import { flag, integer, logLevel, port, processVariables, tlsVariables } from '@parley/runtime';
import { z } from 'zod';

/** Settings that standalone reads in addition to those of the five services. */
export const StandaloneConfig = z.object({
  // The gateway's, read here too so that they can be checked before the services are loaded.
  HOST: z.string().min(1).default('127.0.0.1').describe('as for the gateway, and `--host`'),
  PORT: port.default(8000).describe('as for the gateway, and `--port`'),
  PARLEY_FOLDER: z.string().min(1).default('.parley').describe('folder of data, secret and log, and `--folder`'),
  DATABASE_URL: z
    .string()
    .optional()
    .meta({ description: 'a PostgreSQL instead of the embedded one', defaultText: 'embedded' }),
  ...tlsVariables('PARLEY_DATABASE'),
  NATS_URL: z
    .string()
    .optional()
    .meta({ description: 'NATS instead of the bus in the process', defaultText: 'in process' }),
  ...tlsVariables('PARLEY_NATS'),
  PARLEY_SECRET: z
    .string()
    .optional()
    .meta({ description: 'as for auth', defaultText: 'generated, and kept in the folder' }),
  PARLEY_SAMPLE_DATA: flag(true).removeDefault().optional().meta({
    description:
      'the sample users, rooms and conversations of the old READMEs, whose passwords are published; the pages then show these logins',
    defaultText: 'true on loopback, else false',
  }),
  // Short, because clients have no other gateway to move to and a user waits at a terminal.
  PARLEY_DRAIN_MS: integer(0, 600_000, 1_000).describe('how long a stopping gateway takes to close its connections'),
  ...processVariables,
  // Keeps a new user's terminal quiet unless something is wrong.
  PARLEY_LOG_LEVEL: logLevel.removeDefault().default('warn').describe('the least severe lines that are logged'),
});
export type StandaloneConfig = z.output<typeof StandaloneConfig>;
