import type { Auth, Handlers } from '@parley/contracts';
import { requireSystem } from '../callers.js';
import type { AuthDeps } from '../deps.js';

const pageMax = 5_000;

/** An end is dated before it is committed, and replicas' clocks differ: this much is told twice rather than once too rarely. */
const overlapMs = 20_000;

/** Who asks again with `asOf` as `since` misses none; a full page ends where the next begins. */
export const listRevocations =
  ({ sessions, clock }: Pick<AuthDeps, 'sessions' | 'clock'>): Handlers<Auth>['token']['revocations'] =>
  async ({ since }, context) => {
    requireSystem(context);
    const now = clock();
    const ended = await sessions.endedSince(new Date(since), now, pageMax);
    const last = ended.length === pageMax ? ended.at(-1)?.endedAt.getTime() : undefined;
    // A page that one moment fills does not come back for ever.
    const asOf = last === undefined ? now - overlapMs : Math.max(last, Date.parse(since) + 1);
    return {
      sessions: ended.map(({ sessionId, endedAt }) => ({ sessionId, endedAt: endedAt.toISOString() })),
      asOf: new Date(asOf).toISOString(),
    };
  };
