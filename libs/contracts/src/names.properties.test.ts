import fc from 'fast-check';
import { test } from 'vitest';
import { foldName } from './names.js';

const isOf = (pattern: RegExp) => (code: number) => pattern.test(String.fromCodePoint(code));
const allCodes = Array.from({ length: 0x110000 }, (_, code) => code).filter((code) => code < 0xd800 || code > 0xdfff);
const foldable = allCodes.filter(isOf(/\p{Changes_When_NFKC_Casefolded}/u));
const marks = allCodes.filter(isOf(/\p{M}/u));

/** Text that folding changes: few names that are read have a ligature, an iota subscript and three accents. */
const unit = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...foldable).map((code) => String.fromCodePoint(code)) },
  { weight: 3, arbitrary: fc.constantFrom(...marks).map((code) => String.fromCodePoint(code)) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const name = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''));
const runs = { seed: 1, numRuns: 1_000 };

test('folding a folded name changes nothing', () => {
  fc.assert(
    fc.property(name, (text) => foldName(foldName(text)) === foldName(text)),
    runs,
  );
});

test('every normal form of a name is one name', () => {
  fc.assert(
    fc.property(name, fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'), (text, form) => {
      return foldName(text.normalize(form)) === foldName(text);
    }),
    runs,
  );
});

test('a name is the same in upper and in lower case', () => {
  // The dotless i is a letter of its own, though its capital is I.
  const cased = name.filter((text) => !text.includes('ı')).map((text) => text.normalize('NFC'));
  fc.assert(
    fc.property(cased, (text) => {
      const folded = foldName(text);
      return foldName(text.toUpperCase()) === folded && foldName(text.toLowerCase()) === folded;
    }),
    runs,
  );
});

/** U+FDFA becomes 18 characters, and no character more. */
const growthMax = 18;

test('a folded name has at most 18 characters for each of the name', () => {
  fc.assert(
    fc.property(name, (text) => foldName(text).length <= text.length * growthMax),
    runs,
  );
});
