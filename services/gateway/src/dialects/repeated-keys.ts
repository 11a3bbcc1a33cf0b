import { endOfString } from './shared/json-text.js';

/**
 * Whether an object of this JSON text, at any level, has a key twice, in whatever spelling (`t\u006f` is `to`). JSON.parse keeps the last
 * of them, and another parser of the same text may keep the first, so that it checks a value that the gateway does not use.
 *
 * `value` is the result of JSON.parse for `text`. It has as many keys as the text has colons outside of strings, unless one key replaced
 * another. Linear in the length of the text.
 */
export const hasRepeatedKeys = (text: string, value: unknown): boolean => colonsOf(text) !== keysOf(value);

const quote = 0x22;
const colon = 0x3a;

/** The colons outside of strings; a native search for the closing quote skips the strings. */
const colonsOf = (text: string): number => {
  let colons = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === colon) colons += 1;
    else if (code === quote) at = endOfString(text, at);
  }
  return colons;
};

/** Without recursion, because the client chooses the depth of what it sends. */
const keysOf = (value: unknown): number => {
  if (!isObject(value)) return 0;
  let keys = 0;
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const items: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (items !== next) keys += items.length;
    for (const item of items) if (isObject(item)) open.push(item);
  }
  return keys;
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
