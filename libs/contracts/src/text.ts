import { z } from 'zod';

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Text that PostgreSQL can keep and every client can read: no U+0000, no half of a surrogate pair. */
export const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !value.includes('\0'), 'Text must not contain U+0000')
    .refine((value) => !loneSurrogate.test(value), 'Text must be valid Unicode');

/** A small JSON object that the owner of a thing attaches to it; at most 4,096 bytes as JSON. */
export const Metadata = z.record(z.string(), z.json()).refine((value) => {
  const json = JSON.stringify(value);
  // JSON writes U+0000 and halves of surrogate pairs as escapes, which jsonb refuses.
  return Buffer.byteLength(json) <= 4096 && !/\\u(0000|d[89a-f])/.test(json);
}, 'Metadata must be at most 4,096 bytes of JSON in valid Unicode without U+0000');
export type Metadata = z.infer<typeof Metadata>;
