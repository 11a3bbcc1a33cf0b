import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { expect, test } from 'vitest';
import { deadlineIn } from '@parley/contracts';
import { createHasher } from './hasher.js';

const turn = { key: '203.0.113.1', deadline: deadlineIn(60_000) };
const roomy = { atOnce: 2, waitingMax: 200 };

test('what was hashed verifies, with argon2id at 19 MiB, two passes, one lane', async () => {
  const hasher = await createHasher(roomy);
  const stored = await hasher.hash('correct horse', turn);
  expect(stored.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  await expect(hasher.verify(stored, 'correct horse', turn)).resolves.toEqual({ correct: true });
  await expect(hasher.verify(stored, 'wrong horse', turn)).resolves.toEqual({ correct: false });
});

test('an older way of hashing verifies and is hashed anew, a wrong password is not', async () => {
  const hasher = await createHasher(roomy);
  const older = [
    { algorithm: 'bcrypt', hash: await bcrypt('old', { cost: 4 }) },
    { algorithm: 'argon2id', hash: await argon2('old', { memoryCost: 1024, timeCost: 1 }) },
  ] as const;
  for (const stored of older) {
    const { correct, fresh } = await hasher.verify(stored, 'old', turn);
    expect(correct).toBe(true);
    expect(fresh && (await hasher.verify(fresh, 'old', turn))).toEqual({ correct: true });
    await expect(hasher.verify(stored, 'new', turn)).resolves.toEqual({ correct: false });
  }
});

test('nobody has no password, not even that of the stand-in hash', async () => {
  const hasher = await createHasher(roomy);
  await expect(hasher.verify(null, 'the password of nobody', turn)).resolves.toEqual({ correct: false });
});

test('who comes when the line is full is sent away with a time to come back, and the others are served', async () => {
  const hasher = await createHasher({ atOnce: 1, waitingMax: 3 });
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.hash('x', turn)));
  expect(results.map((result) => result.status)).toEqual([
    ...Array.from({ length: 4 }, () => 'fulfilled'),
    'rejected',
    'rejected',
  ]);
  expect(results[5]).toMatchObject({ reason: { code: 'rate_limited', reason: 'busy', retryAfterMs: 1_000 } });
  expect(hasher.waiting()).toBe(0);
  await expect(hasher.hash('x', turn)).resolves.toBeTruthy();
});

test('a password is the same in every normal form, also one that was hashed as it was given', async () => {
  const hasher = await createHasher(roomy);
  const [composed, decomposed] = ['Cafe\u0301 1'.normalize('NFC'), 'Cafe\u0301 1'];
  await expect(hasher.verify(await hasher.hash(decomposed, turn), composed, turn)).resolves.toEqual({ correct: true });
  await expect(hasher.verify(await hasher.hash(composed, turn), decomposed, turn)).resolves.toEqual({ correct: true });
  const asGiven = { algorithm: 'bcrypt' as const, hash: await bcrypt(decomposed, { cost: 4 }) };
  const { correct, fresh } = await hasher.verify(asGiven, decomposed, turn);
  expect(correct).toBe(true);
  expect(fresh && (await hasher.verify(fresh, composed, turn))).toEqual({ correct: true });
});
