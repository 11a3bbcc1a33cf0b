import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.js';

const rate = { framesPerSecond: 10, framesBurst: 5 };

test('a bucket is full before it is used, and again when all that was taken has come back', () => {
  const bucket = new TokenBucket(rate, 0);
  expect(bucket.isFull(0)).toBe(true);
  for (let n = 0; n < 3; n += 1) expect(bucket.take(0)).toBeNull();
  expect([bucket.isFull(0), bucket.isFull(299), bucket.isFull(300)]).toEqual([false, false, true]);
});

test('a bucket that expects an acknowledgement is not like a new one', () => {
  const bucket = new TokenBucket(rate, 0);
  bucket.expectAcks(1);
  expect(bucket.isFull(1_000)).toBe(false);
  expect(bucket.isExpectedAck(bucket.take(1_000))).toBe(true);
  expect(bucket.isFull(1_000)).toBe(true);
});
