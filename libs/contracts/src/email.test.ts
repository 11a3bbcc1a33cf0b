import { expect, test } from 'vitest';
import { z } from 'zod';
import { Email } from './email.js';

test.each([
  ['r&d@example.com', 'r&d@example.com'],
  ['a/b@example.com', 'a/b@example.com'],
  ['~x@example.com', '~x@example.com'],
  ["o'hara+tag=1{2}@sub.example.com", "o'hara+tag=1{2}@sub.example.com"],
  ['u@bücher.de', 'u@bücher.de'],
  ['u@xn--bcher-kva.de', 'u@xn--bcher-kva.de'],
  ['u@bu\u0308cher.de', 'u@bücher.de'],
  ['jürgen@example.com', 'jürgen@example.com'],
  ['ju\u0308rgen@example.com', 'jürgen@example.com'],
  ['用户@例子.中国', '用户@例子.中国'],
  [' \tu@example.com\n ', 'u@example.com'],
  ['Ada@EXAMPLE.com', 'Ada@example.com'],
  ['u@ＢÜCHER.de', 'u@bücher.de'],
  ['u@ex--ample.com', 'u@ex--ample.com'],
])('C19: %s is an e-mail address, as the old servers took it', (typed, kept) => {
  expect(Email.parse(typed)).toBe(kept);
  expect(Email.parse(kept)).toBe(kept);
});

test.each([
  ...['u@example-.com', 'u@-example.com', 'u@example', 'u@example.com.', 'u@.example.com', 'u@a..com', 'u@example.c0'],
  ...[
    '',
    '@example.com',
    'u@',
    'example.com',
    '.u@example.com',
    'u.@example.com',
    'a..b@example.com',
    'a@b@example.com',
  ],
  ...[
    'a b@example.com',
    'a(b)@example.com',
    '"a b"@example.com',
    'a,b@example.com',
    'u@exa mple.com',
    'u@exa_mple.com',
  ],
  ...['u@[127.0.0.1]', 'u@127.0.0.1', 'u@0x7f.0x1', 'u@ex%61mple.com', 'u@example.com/x', 'u@example.com:25'],
  ...[
    'a\0b@example.com',
    'a\u200Bb@example.com',
    'a\u202Eb@example.com',
    'a\u00A0b@example.com',
    'a\uD800@example.com',
  ],
  ...[`u@${'x'.repeat(64)}.com`, `${'u'.repeat(243)}@example.com`],
])('C19: %j is none', (typed) => {
  expect(Email.safeParse(typed).success).toBe(false);
});

test('an e-mail address is at most 254 characters, and documented as one', () => {
  expect(Email.parse(`  ${'u'.repeat(242)}@example.com  `)).toHaveLength(254);
  expect(z.toJSONSchema(Email, { io: 'input' })).toMatchObject({ type: 'string', format: 'email' });
});
