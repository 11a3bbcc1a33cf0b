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
  // JSON writes U+0000 as an escape, which jsonb refuses.
  return Buffer.byteLength(json) <= 4096 && !json.includes('\\u0000');
}, 'Metadata must be at most 4,096 bytes of JSON without U+0000');
export type Metadata = z.infer<typeof Metadata>;
