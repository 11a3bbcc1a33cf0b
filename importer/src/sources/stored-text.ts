import type { Note } from './part-reader.js';

/** Text as a driver returns it: from SQLite a byte, then UTF-8, because its strings would end at U+0000. */
export type StoredText = string | Uint8Array | number | bigint | null;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

const decode = (stored: Uint8Array): { readonly text: string; readonly valid: boolean } => {
  const bytes = stored.subarray(1);
  try {
    return { text: strict.decode(bytes), valid: true };
  } catch {
    return { text: lenient.decode(bytes), valid: false };
  }
};

/** The text, or null for null. For names, addresses and the like, which are checked as a whole afterwards. */
export const textOf = (stored: StoredText): string | null => {
  if (stored === null) return null;
  return stored instanceof Uint8Array ? decode(stored).text : String(stored);
};

export interface TextLimit {
  /** What the sentence of a finding calls it. */
  readonly name: string;
  /** UTF-16 units. */
  readonly max: number;
}

/**
 * Text that can be stored: U+0000 and bytes that are no UTF-8 become U+FFFD (`mended`). Undefined, after a finding, when it is longer than
 * `max`; null for null.
 */
export const storableText = (stored: StoredText, { name, max }: TextLimit, note: Note): string | null | undefined => {
  if (stored === null) return null;
  const { text, valid } = stored instanceof Uint8Array ? decode(stored) : { text: String(stored), valid: true };
  if (text.length > max) {
    note('refused', 7, `${name} has more than ${max.toLocaleString('en')} characters`);
    return undefined;
  }
  if (!valid) note('mended', 7, `${name} is not valid UTF-8: what cannot be read is U+FFFD now`);
  if (!text.includes('\0')) return text;
  note('mended', 7, `${name} contained U+0000: it is U+FFFD now`);
  return text.replaceAll('\0', '\uFFFD');
};

/** The same, with null mended to empty text. */
export const textOrEmpty = (stored: StoredText, limit: TextLimit, note: Note): string | undefined => {
  const text = storableText(stored, limit, note);
  if (text !== null) return text;
  note('mended', 7, `${limit.name} was null: it is empty now`);
  return '';
};
