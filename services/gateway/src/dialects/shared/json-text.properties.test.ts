import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonText, jsonOf, memberText } from './json-text.js';

/** A value as a client writes it, and the form that is kept of it. */
interface Written {
  readonly text: string;
  readonly kept: string;
}

const space = fc.stringMatching(/^[ \t\n\r]{0,3}$/);

const number = fc
  .stringMatching(/^-?(?:0|[1-9]\d{0,24})(?:\.\d{1,24})?(?:[eE][+-]?\d{1,4})?$/)
  .map((text): Written => ({ text, kept: text }));

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Some characters are written as escapes that need not be. */
const string = fc
  .array(
    fc.tuple(fc.oneof(fc.string({ unit: 'binary', maxLength: 2 }), fc.constantFrom(...'"\\{}[]:,/')), fc.boolean()),
    {
      maxLength: 6,
    },
  )
  .map((parts): Written => {
    const text = parts.map(([part, escapes]) =>
      escapes ? part.split('').map(escaped).join('') : JSON.stringify(part).slice(1, -1),
    );
    return { text: `"${text.join('')}"`, kept: JSON.stringify(parts.map(([part]) => part).join('')) };
  });

const literal = fc.constantFrom('true', 'false', 'null').map((text): Written => ({ text, kept: text }));

/** `open`, the items with commas and any space between them, `close`. */
const list = (open: string, items: readonly Written[], spaces: readonly string[], close: string): Written => {
  const gap = (n: number): string => spaces[n % spaces.length] ?? '';
  const spaced = items.map(({ text }, n) => `${gap(n)}${text}${gap(n + 1)}`);
  return {
    text: `${open}${items.length === 0 ? gap(0) : spaced.join(',')}${close}`,
    kept: `${open}${items.map(({ kept }) => kept).join(',')}${close}`,
  };
};

const spaces = fc.array(space, { minLength: 1, maxLength: 4 });

const { value, member, object } = fc.letrec<{ value: Written; member: Written; object: Written; array: Written }>(
  (tie) => ({
    value: fc.oneof({ depthSize: 'small' }, number, string, literal, tie('object'), tie('array')),
    member: fc.tuple(string, space, space, tie('value')).map(([key, before, after, item]) => ({
      text: `${key.text}${before}:${after}${item.text}`,
      kept: `${key.kept}:${item.kept}`,
    })),
    array: fc
      .tuple(fc.array(tie('value'), { maxLength: 4 }), spaces)
      .map(([items, between]) => list('[', items, between, ']')),
    object: fc
      .tuple(fc.array(tie('member'), { maxLength: 4 }), spaces)
      .map(([members, between]) => list('{', members, between, '}')),
  }),
);

/** A body with `metadata` somewhere among other members, of which none has its name. */
const body = fc
  .tuple(fc.array(member, { maxLength: 3 }), fc.array(member, { maxLength: 3 }), object, spaces, space)
  .map(([before, after, metadata, between, around]) => {
    const own = { text: `"metadata"${around}:${around}${metadata.text}`, kept: '' };
    const whole = list('{', [...before, own, ...after], between, '}');
    return { text: `${around}${whole.text}${around}`, metadata };
  });

const runs = { seed: 1, numRuns: 500 };

test('the metadata of a body is kept with its numbers, strings and order, and without its spaces', () => {
  fc.assert(
    fc.property(body, ({ text, metadata }) => {
      JSON.parse(text);
      expect(memberText(text, 'metadata')).toBe(metadata.kept);
      expect(JSON.parse(metadata.kept)).toEqual(JSON.parse(metadata.text));
    }),
    runs,
  );
});

test('kept text that is sent and read again is the same', () => {
  fc.assert(
    fc.property(value, string, ({ kept }, name) => {
      const key = JSON.parse(name.text) as string;
      expect(memberText(jsonOf({ [key]: new JsonText(kept) }), key)).toBe(kept);
    }),
    runs,
  );
});

test('a body without metadata has none, whatever its strings and its members contain', () => {
  fc.assert(
    fc.property(object, ({ text }) => memberText(text, 'metadata') === undefined),
    runs,
  );
});
