import { expect, test } from 'vitest';
import { deriveSecrets, newRefreshToken, newTicket } from './secrets.js';

test('what is sealed opens with the same secret and the same subject only', async () => {
  const [mine, same, other] = await Promise.all(['a secret', 'a secret', 'another'].map(deriveSecrets));
  const sealed = mine?.seal(Buffer.from('a private key'), 'kid');
  if (!sealed) throw new Error('nothing was sealed');
  expect(same?.open(sealed, 'kid').toString()).toBe('a private key');
  expect(() => other?.open(sealed, 'kid')).toThrow();
  expect(() => same?.open(sealed, 'another kid')).toThrow();
  expect(mine?.seal(Buffer.from('a private key'), 'kid').equals(sealed)).toBe(false);
});

test('a refresh token has one successor, which another secret would not make', async () => {
  const [mine, same, other] = await Promise.all(['a secret', 'a secret', 'another'].map(deriveSecrets));
  const token = newRefreshToken();
  const successor = mine?.successorOf(token);
  expect(successor).toMatch(/^pr_[\w-]{43}$/);
  expect(same?.successorOf(token)).toBe(successor);
  expect(other?.successorOf(token)).not.toBe(successor);
  expect(mine?.successorOf(newRefreshToken())).not.toBe(successor);
});

test('no two tokens are equal', () => {
  expect(new Set(Array.from({ length: 100 }, newRefreshToken)).size).toBe(100);
  expect(new Set(Array.from({ length: 100 }, newTicket)).size).toBe(100);
});
