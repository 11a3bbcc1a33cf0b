import { bounded } from '@parley/contracts';
import { z } from 'zod';

// Queries are text. Numbers are read strictly: `limit=` and `limit=1e2` are mistakes, not 0 and 100.
const digits = bounded(32)
  .regex(/^\d{1,16}$/, 'Must be a whole number')
  .transform(Number);

export const numberBetween = (min: number, max: number) => digits.pipe(z.int().min(min).max(max));

/** How many of a list to give at once. */
export const limit = (max: number, usual: number) => numberBetween(1, max).default(usual);

/** Where a list goes on: `next` of the page before. It is opaque to clients; here it is the last number seen. */
export const numberCursor = numberBetween(0, 2_147_483_647).optional();

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** `kind=room&kind=group` and `kind=room` both as a list. */
export const listOf = <S extends z.ZodType>(each: S) =>
  z.union([each.transform((value) => [value]), z.array(each).min(1).max(10)]);
