import type { Auth, Handlers } from '@parley/contracts';
import { requireSystem } from '../callers.js';
import type { AuthDeps } from '../deps.js';

const pageMax = 5_000;

/**
 * The end of a session is dated before it is committed, and replicas' clocks differ: with this overlap some are listed twice, but none
 * is missed.
 */
const overlapMs = 20_000;

/** A caller that passes `asOf` as the next `since` misses none. After a full page `asOf` is where the next page begins. */
export const listRevocations =
  ({ sessions, clock }: Pick<AuthDeps, 'sessions' | 'clock'>): Handlers<Auth>['token']['revocations'] =>
  async ({ since }, context) => {
    requireSystem(context);
    const now = clock();
    const ended = await sessions.endedSince(new Date(since), now, pageMax);
    const last = ended.length === pageMax ? ended.at(-1)?.endedAt.getTime() : undefined;
    // Moves on by 1 ms when one moment fills a whole page, which would otherwise be returned for ever.
    const asOf = last === undefined ? now - overlapMs : Math.max(last, Date.parse(since) + 1);
    return {
      sessions: ended.map(({ sessionId, endedAt }) => ({ sessionId, endedAt: endedAt.toISOString() })),
      asOf: new Date(asOf).toISOString(),
    };
  };
