import { z } from 'zod';
import { expect, test } from 'vitest';
import { fingerprintOf, readerOf } from './exact.js';

const made = (more: z.ZodRawShape = {}) =>
  z.object({ name: z.literal('made'), tags: z.array(z.string()).default([]), ...more });

test('schemas of the same shape have one fingerprint, and a field or a default more is another', () => {
  const fingerprints = [made(), made({ n: z.int().optional() }), made({ n: z.int().nullable() })].map(fingerprintOf);
  expect(new Set(fingerprints).size).toBe(3);
  expect(fingerprintOf(made())).toBe(fingerprints[0]);
  const other = z.object({ name: z.literal('made'), tags: z.array(z.string()).default(['x']) });
  expect(fingerprints).not.toContain(fingerprintOf(other));
});

test('a body of another release, or without a mark, is parsed', () => {
  const read = readerOf(made());
  for (const mark of [undefined, fingerprintOf(made({ n: z.int().optional() }))]) {
    expect(read({ name: 'made', more: 1 }, mark)).toEqual({ success: true, data: { name: 'made', tags: [] } });
    expect(read({ name: 'other' }, mark).success).toBe(false);
  }
});

test('a producer of this release that breaks its contract is noticed', () => {
  const schema = made();
  const mark = fingerprintOf(schema);
  const refused = Array.from({ length: 512 }, () => readerOf(schema)({ name: 'other' }, mark)).filter(
    (one) => !one.success,
  );
  expect(refused).toHaveLength(2);
});
