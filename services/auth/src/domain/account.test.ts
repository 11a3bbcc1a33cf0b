import { describe, expect, test } from 'vitest';
import { checkRegistration, displayNames } from './account.js';

describe('the name that others see', () => {
  const id = '0b0e7c5e-9d3b-4a52-8a84-1c1d1b1e1f10';
  test.each([
    [{ name: 'Ada L.', username: 'ada' }, 'Ada L.'],
    [{ username: 'ada', email: 'a@x.org' }, 'ada'],
    [{ email: 'countess@x.org' }, 'countess'],
    [{}, id],
  ])('of %o is %s', (given, expected) => {
    expect(displayNames({ kind: 'person', ...given }, id)[0]).toBe(expected);
  });
});

test('a password needs a login', () => {
  expect(() => checkRegistration({ kind: 'device', password: 'x' })).toThrow(
    expect.objectContaining({ code: 'invalid', reason: 'login_missing' }),
  );
  expect(() => checkRegistration({ kind: 'device' })).not.toThrow();
});
