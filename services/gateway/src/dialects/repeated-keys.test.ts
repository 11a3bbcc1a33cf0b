import { describe, expect, test } from 'vitest';
import { hasRepeatedKeys } from './repeated-keys.js';

const isRepeated = (text: string): boolean => hasRepeatedKeys(text, JSON.parse(text));

test.each([
  '{"to":"a","to":"b"}',
  '{"to":"a","to":"a"}',
  '{"to":"a","t\\u006f":"b"}',
  '{"t\\u006f":"a","t\\u006F":"b"}',
  '{"":1,"":2}',
  '{"a\\"b":1,"a\\u0022b":2}',
  '{"a\\\\":1,"a\\\\":2}',
  '{"\\/":1,"/":2}',
  '{"__proto__":1,"__proto__":2}',
  '{"a":{"b":1,"c":2,"b":3}}',
  '[1,[{"a":1,"a":2}]]',
  '{"a":{"x":1},"a":{"x":1,"y":2}}',
  '{"a":{"x":{"y":1}},"b":2,"a":0}',
  ' { "a" : 1 , "a" : 2 } ',
  '{"1":1,"1":2}',
])('is found: %s', (text) => {
  expect(isRepeated(text)).toBe(true);
});

test.each([
  '{}',
  '[]',
  '1',
  'null',
  '"a:b"',
  '{"to":"to","from":"to"}',
  '{"a":":","b":"\\":\\"","c":"\\\\","d":"\\\\\\":"}',
  '{"a:b":1,"a":2,"A":3}',
  '{"a":{"a":{"a":[{"a":1},{"a":2}]}}}',
  '{"é":1,"e\\u0301":2,"\\ud83d\\ude00":3}',
  '{"__proto__":1,"constructor":2,"toString":3}',
  '[[],{},"",{"a":[]}]',
])('is not found: %s', (text) => {
  expect(isRepeated(text)).toBe(false);
});

/** The keys of every object, as a parser counts them that keeps all of them. */
const repeatsByReading = (text: string): boolean => {
  let at = 0;
  let found = false;
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at += 1;
  };
  const readString = (): string => {
    const start = at;
    at += 1;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    return JSON.parse(text.slice(start, at)) as string;
  };
  const readValue = (): void => {
    skip();
    if (text[at] === '"') readString();
    else if (text[at] === '{' || text[at] === '[') readItems(text[at] === '{');
    else while (/[\w.+-]/.test(text[at] ?? '')) at += 1;
    skip();
  };
  const readItems = (isObject: boolean): void => {
    const keys = new Set<string>();
    at += 1;
    skip();
    while (text[at] !== '}' && text[at] !== ']') {
      if (isObject) {
        const key = readString();
        found ||= keys.has(key);
        keys.add(key);
        skip();
        at += 1;
      }
      readValue();
      if (text[at] === ',') at += 1;
      skip();
    }
    at += 1;
  };
  readValue();
  return found;
};

/** The same sequence in every run. */
const seeded = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

test('10,000 random texts are judged as by a reader that keeps every key', () => {
  const random = seeded(11);
  const one = <T>(some: readonly T[]): T => some[Math.floor(random() * some.length)]!;
  const key = () => one(['"a"', '"\\u0061"', '"b"', '"\\""', '"\\\\"', '":"', '"\\\\\\":"', '"é"', '""']);
  const space = () => one(['', '', ' ', '\n']);
  const value = (depth: number): string => {
    const kind = depth > 3 ? random() * 0.4 : random();
    if (kind < 0.2) return one(['1', '-0.5e3', 'true', 'null']);
    if (kind < 0.4) return key();
    const items = Array.from({ length: Math.floor(random() * 4) }, () =>
      kind < 0.6 ? value(depth + 1) : `${space()}${key()}${space()}:${space()}${value(depth + 1)}`,
    );
    return kind < 0.6 ? `[${items.join(',')}]` : `{${items.join(`,${space()}`)}}`;
  };
  const texts = Array.from({ length: 10_000 }, () => value(0));
  const repeated = texts.filter(repeatsByReading);
  expect(repeated.length).toBeGreaterThan(500);
  expect(texts.length - repeated.length).toBeGreaterThan(500);
  expect(texts.filter(isRepeated)).toEqual(repeated);
});

describe('time', () => {
  const length = 256 * 1024;
  const times = (text: string, unit = 1) => text.repeat(Math.floor(length / unit / text.length));
  const texts = {
    'backslashes in one string': `{"a":"${times('\\\\')}"}`,
    'escaped quotes': `{"a":"${times('\\"')}"}`,
    'backslashes between escaped quotes': `{"a":"${times('\\\\\\\\\\"')}"}`,
    'one long string': `{"a":"${times('x')}"}`,
    'empty strings': `[${times('"",')}""]`,
    'deep arrays': `${times('[', 2)}${times(']', 2)}`,
    'deep objects': `${times('{"a":', 6)}1${'}'.repeat(Math.floor(length / 6 / 5))}`,
    'many keys': `{${Array.from({ length: length / 10 }, (_, n) => `"${n}":1`).join(',')}}`,
    numbers: `[${times('1,')}1]`,
  };
  /** The limit for a text of 256 KB: quadratic behaviour (seconds) fails, and a busy machine passes. */
  const withinMs = 250;

  test.each(Object.entries(texts))('%s', (_, text) => {
    const value: unknown = JSON.parse(text);
    let best = Infinity;
    for (let n = 0; n < 5; n += 1) {
      const before = process.cpuUsage();
      expect(hasRepeatedKeys(text, value)).toBe(false);
      const { user } = process.cpuUsage(before);
      best = Math.min(best, user / 1_000);
    }
    expect(best).toBeLessThan(withinMs);
  });
});
