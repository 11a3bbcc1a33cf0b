import { describe, expect, test } from 'vitest';
import { AgentId } from './model.js';
import { DisplayName, NewSlug, NewTitle, PersonalName, Username, foldName, hasInvisibleCharacters } from './names.js';
import { OrganizationName } from './signaling.js';

describe('two spellings of one name', () => {
  test.each([
    ['Ada', 'ADA'],
    ['Ａｄａ', 'ada'],
    ['straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['Caf\u00e9', 'CAFE\u0301'],
    ['ﬁn', 'FIN'],
    ['ᾳ', 'ΑΙ'],
    ['Ꭰ', 'ꭰ'],
    ['ſ', 'S'],
  ])('%s and %s', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });
});

test('what differs by more than its case stays apart', () => {
  expect(new Set(['ada', 'adä', 'ı', 'i', 'а', 'ada ', 'a da'].map(foldName)).size).toBe(7);
});

const changesWhenFolded = /\p{Changes_When_NFKC_Casefolded}/u;

test('folding twice changes nothing more, for every code point that folding changes', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    if (!changesWhenFolded.test(character)) continue;
    const folded = foldName(character);
    if (foldName(folded) !== folded) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});

/** Every kind of name that people read. */
const names = { Username, DisplayName, PersonalName, NewSlug, NewTitle, OrganizationName, AgentId };

test.each([
  '\u0000',
  '\u0007',
  '\n',
  '\u00ad',
  '\u034f',
  '\u061c',
  '\u115f',
  '\u200b',
  '\u200d',
  '\u200e',
  '\u2028',
  '\u202e',
  '\u2060',
  '\u2066',
  '\u2800',
  '\u3164',
  '\ufe0f',
  '\ufeff',
  '\u{e0041}',
])('a name with %j in it is refused', (character) => {
  for (const name of [`a${character}b`, `${character}ab`, `ab${character}`]) {
    for (const [what, schema] of Object.entries(names)) {
      expect([what, schema.safeParse(name).success]).toEqual([what, false]);
    }
  }
});

test.each(['   ', '\u00a0', '\u3000'])('a name of nothing but %j is refused', (name) => {
  expect(Username.safeParse(name).success).toBe(false);
});

test.each(['Ada Lovelace', '山田', 'عمر', 'O’Neill', 'a@x.org', 'Ada 👩‍💻', '❤️', '1️⃣', 'x'.repeat(254)])(
  '%s is a name',
  (name) => {
    expect(hasInvisibleCharacters(name)).toBe(false);
    expect(Username.safeParse(name).success).toBe(true);
    for (const schema of [OrganizationName, NewTitle]) expect(schema.safeParse(name).success).toBe(true);
  },
);
