// What no client should send, from a generator that a seed repeats.
import { oneOf, type Random } from '../proof/random.js';
import { isObject } from './documented.js';

/** Choices made with one generator. */
export interface Chooser {
  readonly random: Random;
  below(limit: number): number;
  pick<T>(values: readonly T[]): T;
  bytes(length: number): Buffer;
}

export const chooser = (random: Random): Chooser => {
  const below = (limit: number): number => Math.floor(random() * limit);
  return {
    random,
    below,
    pick: (values) => oneOf(values, random),
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
};

type Sample = Readonly<Record<string, unknown>>;

const nested = (depth: number, open: string, close = ''): string => open.repeat(depth) + close.repeat(depth);

/** Values of a wrong type or size, by kind. */
const values: Readonly<Record<string, (choose: Chooser) => unknown>> = {
  'wrong type': ({ pick }) =>
    pick<unknown>([
      null,
      true,
      false,
      0,
      -1,
      1.5,
      '',
      'x',
      [],
      {},
      [[]],
      [null],
      { a: { b: 1 } },
      ['x'],
      '1',
      'null',
      ' ',
      '\n',
    ]),
  'huge number': ({ pick }) =>
    pick<unknown>([
      1e300,
      -1e300,
      2 ** 31,
      2 ** 53,
      2 ** 63,
      -(2 ** 31) - 1,
      5e-324,
      99999999999,
      '9'.repeat(400),
      '1e999',
    ]),
  'own words of JavaScript': ({ pick }) =>
    pick<unknown>([
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      { constructor: { prototype: { a: 1 } } },
    ]),
  'U+0000': ({ pick }) => pick<unknown>(['\0', 'a\0b', '\0'.repeat(100), { '\0': 1 }, ['\0']]),
  'lone surrogates': ({ pick }) => pick<unknown>(['\ud800', 'a\udc00b', '\udfff\ud800', { '\ud800': 1 }, ['\udbff']]),
  'odd characters': ({ pick }) =>
    pick([
      '\u202e',
      '\ufeff',
      '\u2028',
      'é'.repeat(9_000),
      '👩‍👩‍👧',
      `'; --`,
      '%s%n',
      '../..',
      '<b>',
      '${7*7}',
      '\x1b[2J',
      '\uffff',
    ]),
};
const valueKinds = Object.keys(values);

const valueOf = (kind: string, choose: Chooser): unknown => values[kind]?.(choose);

const place = (choose: Chooser, sound: Sample, value: unknown): Sample => {
  const names = Object.keys(sound);
  const name = choose.pick(names.length > 0 ? names : ['a', 'type', 'id', 'content']);
  const inner = sound[name];
  const isDeeper = isObject(inner) && choose.random() < 0.6;
  return { ...sound, [name]: isDeeper ? place(choose, inner, value) : value };
};

const changed = (choose: Chooser, sound: Sample): Sample => {
  const names = Object.keys(sound);
  const name = choose.pick(names.length > 0 ? names : ['a']);
  const { [name]: old, ...rest } = sound;
  return choose.pick<() => Sample>([
    () => rest,
    () => ({ ...sound, [`${name} `]: old }),
    () => ({ ...sound, [name]: [old] }),
    () => ({ ...sound, [name]: { [name]: old } }),
    () => ({ ...sound, [name]: String(old) }),
    () => ({ ...sound, [name]: `${String(old)}\n` }),
    () => ({ ...sound, [name.toUpperCase()]: old }),
    () => ({ ...sound, [name]: String(old).repeat(3_000).slice(0, 20_000) }),
    () => ({ ...sound, [choose.pick(names.length > 0 ? names : ['b'])]: old }),
    () => ({ ...rest, [name]: valueOf(choose.pick(valueKinds), choose) }),
  ])();
};

/** Whole texts and bytes, from an object that would be taken. */
const wholes: Readonly<Record<string, (choose: Chooser, sound: Sample) => string | Buffer>> = {
  'truncated JSON': (choose, sound) => {
    const text = JSON.stringify(sound);
    return text.slice(0, choose.below(text.length));
  },
  'broken JSON': (choose, sound) => {
    const text = JSON.stringify(sound);
    const at = choose.below(text.length);
    const odd = choose.pick(['{', '}', '"', ',', ':', '\\', '\\u', '\\ud8', 'NaN', '0x1', '\n', "'", '/**/', '\t']);
    return text.slice(0, at) + odd + text.slice(at + choose.below(2));
  },
  'no object': (choose) =>
    choose.pick(['[]', 'null', 'true', '7', '"text"', '[[]]', '[{}]', '[null,1]', '-0', '1e999', '""', '{}', '[1,']),
  'deep nesting': (choose, sound) => {
    const depth = 1 + choose.below(20_000);
    const text = choose.pick([
      nested(depth, '[', ']'),
      nested(depth, '['),
      nested(depth, '{"a":'),
      nested(depth, '[{"a":'),
    ]);
    const [name = 'a'] = Object.keys(sound);
    return choose.random() < 0.5 ? text : `{${JSON.stringify(name)}:${text}}`;
  },
  __proto__: (choose, sound) => {
    const key = choose.pick(['__proto__', 'constructor', 'prototype']);
    const value = choose.pick(['{"isAdmin":true}', 'null', '[]', '{"prototype":{"x":1}}', JSON.stringify(sound)]);
    const rest = JSON.stringify(sound).slice(1);
    return `{"${key}":${value}${rest === '}' ? '' : ','}${rest}`;
  },
  'doubled keys': (_choose, sound) => {
    const text = JSON.stringify(sound).slice(1, -1);
    return `{${[text, text, '"a":1'].filter((part) => part !== '').join(',')}}`;
  },
  'not UTF-8': (choose, sound) => {
    const text = Buffer.from(JSON.stringify(sound));
    const at = choose.below(text.length);
    const odd = choose.pick([
      [0xff],
      [0xfe, 0xff],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf8, 0x88, 0x80, 0x80],
      [0xe2, 0x82],
    ]);
    return Buffer.concat([text.subarray(0, at), Buffer.from(odd), text.subarray(at)]);
  },
  'random bytes': (choose) => choose.bytes(1 + choose.below(400)),
  'random text': (choose) => choose.bytes(1 + choose.below(200)).toString('base64'),
  nothing: (choose) => choose.pick(['', ' ', '\n', '\0', '\ufeff']),
  oversized: (choose) => `{"a":"${'x'.repeat(300_000 + choose.below(100_000))}"}`,
  'one part changed': (choose, sound) => JSON.stringify(changed(choose, sound)),
};
export const bodyKinds = [...Object.keys(wholes), ...valueKinds];

/** A body or frame of this kind, from one that would be taken. */
export const malformed = (kind: string, choose: Chooser, sound: Sample): string | Buffer =>
  wholes[kind]?.(choose, sound) ?? JSON.stringify(place(choose, sound, valueOf(kind, choose)));

const notOurs =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjo5OTk5OTk5OTk5fQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

/** What is no token, safe to put into a header. */
export const nonsenseToken = (choose: Chooser): string =>
  choose.pick<() => string>([
    () => 'nonsense',
    () => '',
    () => '..',
    () => 'a.b.c',
    () => 'x'.repeat(1 + choose.below(5_000)),
    () => 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.',
    () => notOurs,
    () => '__proto__',
    () => 'null',
    () => choose.bytes(40).toString('base64url'),
    () =>
      `${choose.bytes(20).toString('base64url')}.${choose.bytes(60).toString('base64url')}.${choose.bytes(32).toString('base64url')}`,
    () => 'é',
  ])();

/** What may stand where a path expects a name or number; percent-encoded already. */
export const oddPlace = (choose: Chooser): string =>
  choose.pick<() => string>([
    () =>
      choose.pick([
        '%00',
        '%ff',
        '..%2f..',
        '..%2f..%2fpackage.json',
        '%2e%2e',
        '.',
        '%',
        '%zz',
        '%ed%a0%80',
        '%C0%AE',
      ]),
    () =>
      choose.pick([
        '-1',
        '0',
        '1e3',
        '1.5',
        '9'.repeat(400),
        '2147483648',
        '99999999999999999999',
        'NaN',
        '0x10',
        '+1',
        '1%20',
      ]),
    () =>
      choose.pick([
        '__proto__',
        'constructor',
        'toString',
        'null',
        'undefined',
        'me',
        'current',
        '%3E',
        '%0d%0aX:1',
        '%27',
        ';',
        '@',
        '*',
      ]),
    () => '00000000-0000-4000-8000-00000000dead',
    () => 'x'.repeat(1 + choose.below(6_000)),
    () => encodeURIComponent(choose.bytes(12).toString('latin1')),
    () => [...choose.bytes(8)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    () => '',
  ])();
