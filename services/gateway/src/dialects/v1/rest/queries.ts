import { bounded } from '@parley/contracts';
import { z } from 'zod';
import { documentedAs } from '../../../protocol/documents.js';

// Query values are text. Numbers are parsed strictly: `limit=` and `limit=1e2` are errors, not 0 and 100.
const digits = bounded(32)
  .regex(/^\d{1,16}$/, 'Must be a whole number')
  .transform(Number);

export const numberBetween = (min: number, max: number) =>
  documentedAs(digits.pipe(z.int().min(min).max(max)), { type: 'integer', minimum: min, maximum: max });

/** The page size of a list. */
export const limit = (max: number, usual: number) => numberBetween(1, max).default(usual);

/** The cursor of a list: `next` of the previous page. Opaque to clients; here it is the last number of that page. */
export const numberCursor = (min: 0 | 1) =>
  documentedAs(numberBetween(min, 2_147_483_647), {
    type: 'string',
    pattern: min === 0 ? '^(0|[1-9][0-9]{0,8})$' : '^[1-9][0-9]{0,8}$',
  }).optional();

export const flag = documentedAs(
  z.enum(['true', 'false']).transform((value) => value === 'true'),
  { type: 'boolean' },
);

/** Parses both `kind=room&kind=group` and `kind=room` as a list. */
export const listOf = <S extends z.ZodEnum>(each: S) =>
  documentedAs(z.union([each.transform((value) => [value]), z.array(each).min(1).max(10)]), {
    type: 'array',
    items: { type: 'string', enum: each.options },
    minItems: 1,
    maxItems: 10,
  });
