import { describe, expect, test } from 'vitest';
import { checkRegistration, displayName, foldUsername } from './account.js';

test.each([
  ['Ada', 'ada'],
  ['Ａｄａ', 'ada'],
  ['ÅSA', 'åsa'],
  ['ﬁn', 'FIN'],
])('%s and %s are one user name', (left, right) => {
  expect(foldUsername(left)).toBe(foldUsername(right));
});

test('folding twice changes nothing more', () => {
  for (const name of ['İstanbul', 'Ω', 'ǅ', 'ß', 'ﷺ'])
    expect(foldUsername(foldUsername(name))).toBe(foldUsername(name));
});

describe('the name that others see', () => {
  const id = '0b0e7c5e-9d3b-4a52-8a84-1c1d1b1e1f10';
  test.each([
    [{ name: 'Ada L.', username: 'ada' }, 'Ada L.'],
    [{ username: 'ada', email: 'a@x.org' }, 'ada'],
    [{ email: 'countess@x.org' }, 'countess'],
    [{}, id],
  ])('of %o is %s', (given, expected) => {
    expect(displayName({ kind: 'person', ...given }, id)).toBe(expected);
  });
});

test('a password needs a login', () => {
  expect(() => checkRegistration({ kind: 'device', password: 'x' })).toThrow(
    expect.objectContaining({ code: 'invalid', reason: 'login_missing' }),
  );
  expect(() => checkRegistration({ kind: 'device' })).not.toThrow();
});
