import { databaseUrlMistake } from '@parley/postgres';
import { integer } from '@parley/runtime';
import { z } from 'zod';

export const startupVariables = {
  // A first installation may pull images for minutes.
  PARLEY_STARTUP_WAIT_MS: integer(0, 3_600_000, 300_000).describe(
    'how long a starting process waits for NATS and PostgreSQL (it logs one line for each); then it exits with code 1. 0: one attempt. Meanwhile `/healthz` answers and `/readyz` reports not ready',
  ),
};

export const databaseUrl = z
  .string({ error: 'is missing; expected a URL like postgres://user:password@host:5432/database' })
  .trim()
  .superRefine((text, context) => {
    const mistake = databaseUrlMistake(text);
    if (mistake !== null) context.addIssue({ code: 'custom', message: mistake });
  });
