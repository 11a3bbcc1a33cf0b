import { expect, test } from 'vitest';
import { z } from 'zod';
import { issueText } from './issue-text.js';

const said = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value, { error: issueText }).error?.issues[0]?.message;

test.each([
  [z.string(), undefined, 'Is required'],
  [z.literal('a'), undefined, 'Is required'],
  [z.string(), 7, 'Must be text'],
  [z.int(), 1.5, 'Must be a whole number'],
  [z.number(), 'x', 'Must be a number'],
  [z.boolean(), 'x', 'Must be true or false'],
  [z.object({}), [], 'Must be an object'],
  [z.array(z.string()), {}, 'Must be a list'],
  [z.string().min(1), '', 'Must have at least 1 character'],
  [z.string().min(8), 'x', 'Must have at least 8 characters'],
  [z.string().max(2000), 'x'.repeat(2001), 'Must have at most 2,000 characters'],
  [z.array(z.string()).min(1), [], 'Must have at least 1 item'],
  [z.int().min(3), 2, 'Must be at least 3'],
  [z.int().max(3), 4, 'Must be at most 3'],
  [z.uuid(), 'x', 'Must be a UUID'],
  [z.string().regex(/^a$/), 'b', 'Must be in the documented format'],
  [z.enum(['a', 'b']), 'c', 'Must be one of "a", "b"'],
  [z.literal('a'), 'b', 'Must be "a"'],
  [z.strictObject({}), { a: 1 }, 'Has a field that is not documented'],
  [z.record(z.uuid(), z.int()), { a: 1 }, 'Has a field whose name is not allowed'],
  [z.union([z.string(), z.int()]), true, 'Is not in the documented form'],
  [z.string().refine(() => false), 'x', 'Is not in the documented form'],
  [z.string().refine(() => false, 'Names must not be blank'), 'x', 'Names must not be blank'],
])('%# an issue is described in plain English', (schema, value, text) => {
  expect(said(schema, value)).toBe(text);
});
