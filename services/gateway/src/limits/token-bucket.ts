export interface TokenBucket {
  tokens: number;
  refilledAt: number;
  /** Refused since the bucket was last full. */
  refused: number;
  /** Answers that it was asked for and has not given. */
  unmeteredAcks: number;
}

/** Beyond so many bursts refused in a row somebody is not slowing down at all. */
const floodingBursts = 4;

/** null: let in. Otherwise when the next one would be, or that there is no use in saying so. */
export const take = (
  bucket: TokenBucket,
  { framesPerSecond, framesBurst }: { readonly framesPerSecond: number; readonly framesBurst: number },
  now: number,
): null | { readonly retryAfterMs: number } | 'flooding' => {
  const refilled = bucket.tokens + ((now - bucket.refilledAt) * framesPerSecond) / 1000;
  bucket.refilledAt = now;
  bucket.tokens = Math.min(refilled, framesBurst);
  if (refilled >= framesBurst) bucket.refused = 0;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return null;
  }
  bucket.refused += 1;
  if (bucket.refused > framesBurst * floodingBursts) return 'flooding';
  return { retryAfterMs: Math.ceil(((1 - bucket.tokens) * 1000) / framesPerSecond) };
};

/** true: the frame that was just counted is an answer that was asked for, and such cost nothing. */
export const takeUnmetered = (bucket: TokenBucket, counted: ReturnType<typeof take>): boolean => {
  if (bucket.unmeteredAcks <= 0) return false;
  bucket.unmeteredAcks -= 1;
  if (counted === null) bucket.tokens += 1;
  else bucket.refused -= 1;
  return true;
};
