import { databaseUrlMistake } from '@parley/postgres';
import { integer } from '@parley/runtime';
import { z } from 'zod';

/** How long a process waits for its stores at start: a first installation may pull images for minutes. */
export const startupVariables = { PARLEY_STARTUP_WAIT_MS: integer(0, 3_600_000, 300_000) };

export const databaseUrl = z
  .string({ error: 'is missing; expected a URL like postgres://user:password@host:5432/database' })
  .trim()
  .superRefine((text, context) => {
    const mistake = databaseUrlMistake(text);
    if (mistake !== null) context.addIssue({ code: 'custom', message: mistake });
  });
