import { z } from 'zod';

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/**
 * A string of at most `max` characters. A longer one is rejected before any other check: zod runs all checks of a string unless one of them
 * aborts, and no pattern may see an unbounded string.
 */
export const bounded = (max: number) => z.string().max(max, { abort: true });

/** Text that PostgreSQL can store and every client can read: no U+0000, no lone surrogates. */
export const text = (min: number, max: number) =>
  bounded(max)
    .min(min)
    .refine((value) => !value.includes('\0'), 'Text must not contain U+0000')
    .refine((value) => !loneSurrogate.test(value), 'Text must be valid Unicode');

const depthMax = 32;

/** Level by level, because a recursive check (zod's too) overflows the stack on a few thousand brackets. */
const isShallow = (value: unknown): boolean => {
  let level = [value];
  for (let depth = 0; depth <= depthMax && level.length > 0; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : []));
  }
  return level.length === 0;
};

/** A small JSON object that the owner of an object attaches to it; at most 4,096 bytes as JSON, at most 32 levels deep. */
export const Metadata = z
  .record(z.string(), z.unknown())
  .refine(isShallow, { error: `Metadata must be at most ${depthMax} levels deep`, abort: true })
  .pipe(
    z.record(z.string(), z.json()).refine((value) => {
      const json = JSON.stringify(value);
      // JSON escapes U+0000 and lone surrogates, which jsonb rejects.
      return Buffer.byteLength(json) <= 4096 && !/\\u(0000|d[89a-f])/.test(json);
    }, 'Metadata must be at most 4,096 bytes of JSON in valid Unicode without U+0000'),
  );
export type Metadata = z.infer<typeof Metadata>;

/** The bytes of metadata as its creator wrote it: numbers may have more digits than JavaScript keeps. */
export const metadataTextBytesMax = 8_192;

/** Metadata as JSON text, for protocols that give numbers and the order of keys back as they were written. */
export const MetadataText = bounded(metadataTextBytesMax).refine(
  (json) => Buffer.byteLength(json) <= metadataTextBytesMax && isObject(json),
  `Metadata must be at most ${metadataTextBytesMax} bytes of JSON as it was written`,
);

const isObject = (json: string): boolean => {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};
