import { Metadata, MetadataText, metadataTextBytesMax } from '@parley/contracts';
import type { Note } from '../part-reader.js';

/** Metadata as value and as text. */
export interface StoredMetadata {
  readonly metadata: Metadata;
  readonly metadataText: string;
}

/** A string, or a number that Python writes and JSON does not have. Each alternative begins with another character. */
const tokens = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs;
/** U+0000, or half of a surrogate pair, as JSON escapes them; a pair is matched first and stays. */
const escapes = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u(?:0000|[dD][89a-fA-F][\da-fA-F]{2})|\\./g;

/**
 * Metadata as Python's `json.dumps` wrote it. NaN and Infinity become null, U+0000 and halves of surrogate pairs U+FFFD (`mended`).
 * Undefined, after a finding, for what is no object or above the limits.
 */
export const parseMetadata = (text: string | null, note: Note): StoredMetadata | undefined => {
  if (text === null || text.trim() === '' || text === 'null') return { metadata: {}, metadataText: '{}' };
  if (text.length > metadataTextBytesMax) return tooLarge(note);
  const mended = mend(text);
  const value = parse(mended);
  if (value === undefined) {
    note('refused', 7, 'The metadata is not a JSON object');
    return undefined;
  }
  const metadata = Metadata.safeParse(value);
  const metadataText = MetadataText.safeParse(mended);
  if (!metadata.success || !metadataText.success) return tooLarge(note);
  if (mended !== text) note('mended', 7, 'The metadata had NaN, Infinity or U+0000: null and U+FFFD now');
  return { metadata: metadata.data, metadataText: metadataText.data };
};

const tooLarge = (note: Note): undefined => {
  note('refused', 7, 'The metadata has more than 4,096 bytes or 32 levels');
};

const mend = (text: string): string =>
  text.replace(tokens, (token) => (token.startsWith('"') ? mendString(token) : 'null'));

const mendString = (string: string): string =>
  string.replace(escapes, (escape) => (/^\\u(?:0000|[dD][89a-fA-F]..)$/.test(escape) ? '\\ufffd' : escape));

const parse = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
