import { expect, test } from 'vitest';
import { parseMetadata } from './metadata.js';

const parse = (text: string | null) => {
  const notes: string[] = [];
  const stored = parseMetadata(text, (outcome, rule, what) => notes.push(`${outcome} ${rule}: ${what}`));
  return { stored, notes };
};

test.each([
  ['an object', '{"a": 1.0, "b": 12345678901234567890}'],
  ['NaN in text', '{"a": "NaN, \\"Infinity\\" and -Infinity"}'],
  ['a surrogate pair', '{"a": "\\ud83d\\ude00"}'],
  ['an escaped backslash before a letter', '{"a": "\\\\ud"}'],
])('%s keeps its text', (_case, text) => {
  const { stored, notes } = parse(text);
  expect(stored).toEqual({ metadata: JSON.parse(text), metadataText: text });
  expect(notes).toEqual([]);
});

const mended = 'mended 7: The metadata had NaN, Infinity or U+0000: null and U+FFFD now';

test.each([
  ['NaN', '{"a": NaN}', '{"a": null}'],
  ['Infinity', '{"a": [Infinity, -Infinity, 1]}', '{"a": [null, null, 1]}'],
  ['U+0000', '{"a": "x\\u0000y"}', '{"a": "x\\ufffdy"}'],
  ['half of a surrogate pair', '{"a": "\\ud83dx", "b": "\\ude00"}', '{"a": "\\ufffdx", "b": "\\ufffd"}'],
])('%s is mended', (_case, text, metadataText) => {
  const { stored, notes } = parse(text);
  expect(stored).toEqual({ metadata: JSON.parse(metadataText), metadataText });
  expect(notes).toEqual([mended]);
});

test.each([
  ['no JSON', '{a: 1}', 'refused 7: The metadata is not a JSON object'],
  ['a list', '[1]', 'refused 7: The metadata is not a JSON object'],
  [
    'too many bytes',
    JSON.stringify({ a: 'x'.repeat(4_096) }),
    'refused 7: The metadata has more than 4,096 bytes or 32 levels',
  ],
  [
    'too many levels',
    `{"a": ${'['.repeat(40)}${']'.repeat(40)}}`,
    'refused 7: The metadata has more than 4,096 bytes or 32 levels',
  ],
])('%s is refused', (_case, text, note) => {
  expect(parse(text)).toEqual({ stored: undefined, notes: [note] });
});

test.each([null, '', 'null'])('%j is no metadata', (text) => {
  expect(parse(text)).toEqual({ stored: { metadata: {}, metadataText: '{}' }, notes: [] });
});
