import type { Bus } from '@parley/bus';
import { everyScopeOf, Fault, isFault, SessionRevoked, deadlineIn } from '@parley/contracts';
import type { Principal, SessionId } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';

export interface SessionEnded {
  readonly sessionId: SessionId;
  readonly why: string;
}

export interface RevokedSessions {
  /** Resolves once the gateway has loaded every session that ended before now; `unavailable` while it cannot. */
  known(): Promise<void>;
  has(sessionId: SessionId): boolean;
  onRevoked(listener: (ended: SessionEnded) => void): () => void;
  stop(): void;
}

const pullMs = 30_000;
/** Events and replies may overtake each other, so each pull overlaps the previous one. */
const overlapMs = 60_000;
/** Longer than the lifetime of any access token; auth omits sessions whose tokens have all expired. */
const keptMs = 7 * 24 * 3_600_000;
const keptMax = 200_000;
const pullDeadlineMs = 800;
const failurePauseMs = 250;
/** Auth replies in pages; an `asOf` further back than this means that there are more. */
const caughtUpMs = 5_000;

/** Sessions that ended: received as events at once, and pulled, because an event can be lost. */
export const createRevokedSessions = async (deps: {
  readonly bus: Bus;
  readonly core: Core;
  readonly caller: Principal;
  readonly log: Log;
  /** Auth's wall-clock time, which dates the ends of sessions. */
  readonly clock: () => number;
  readonly monotonic: () => number;
}): Promise<RevokedSessions> => {
  const { bus, core, caller, log, clock, monotonic } = deps;
  const endedAt = new Map<SessionId, number>();
  const listeners = new Set<(ended: SessionEnded) => void>();
  let since: number | null = null;
  let pulling: Promise<void> | null = null;
  let failed: { readonly at: number; readonly fault: Fault } | null = null;

  /** Returns whether the session was new. */
  const learn = (sessionId: SessionId, why: string): boolean => {
    if (endedAt.has(sessionId)) return false;
    endedAt.set(sessionId, monotonic());
    forgetOld(endedAt, monotonic());
    for (const listener of listeners) listener({ sessionId, why });
    return true;
  };
  const pullPages = async (): Promise<void> => {
    for (;;) {
      const from = Math.max(since ?? 0, clock() - keptMs);
      const options = { principal: caller, deadline: deadlineIn(pullDeadlineMs) };
      const page = await core.auth.token.revocations({ since: new Date(from).toISOString() }, options);
      const news = page.sessions.filter(({ sessionId }) => learn(sessionId, 'revoked')).length;
      const asOf = Date.parse(page.asOf);
      const more = news > 0 && asOf > from && clock() - asOf > caughtUpMs;
      since = more ? asOf : asOf - overlapMs;
      if (!more) return;
    }
  };
  const pull = (): Promise<void> => {
    pulling ??= pullPages()
      .then(
        () => void (failed = null),
        (error: unknown) => {
          failed = { at: monotonic(), fault: cannotKnow(error) };
          log.warn({ reason: isFault(error) ? error.reason : 'bad_answer' }, 'Ended sessions could not be asked for');
        },
      )
      .finally(() => void (pulling = null));
    return pulling;
  };

  const listening = await bus.listen(everyScopeOf('session.revoked', 'account'), SessionRevoked, (event) => {
    learn(event.sessionId, event.why);
  });
  const stopWatching = bus.onConnectionChange((connected) => void (connected && pull()));
  const timer = repeatedly(pull, pullMs);
  void pull();

  return {
    async known() {
      if (since !== null) return;
      if (!failed || monotonic() - failed.at >= failurePauseMs) await pull();
      if (since === null) throw failed?.fault ?? cannotKnow(undefined);
    },
    has: (sessionId) => endedAt.has(sessionId),
    onRevoked(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop() {
      timer.stop();
      stopWatching();
      listening.stop();
    },
  };
};

/** Iterates in insertion order, which is chronological. */
const forgetOld = (endedAt: Map<SessionId, number>, now: number): void => {
  for (const [sessionId, at] of endedAt) {
    if (endedAt.size <= keptMax && now - at <= keptMs) return;
    endedAt.delete(sessionId);
  }
};

/** Every `ms` with a jitter of a fifth, so that gateways do not call in step. */
const repeatedly = (work: () => Promise<void>, ms: number): { stop(): void } => {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    timer = setTimeout(() => void work().then(arm), ms * (0.8 + Math.random() * 0.4)).unref();
  };
  arm();
  return { stop: () => clearTimeout(timer) };
};

const cannotKnow = (cause: unknown): Fault =>
  new Fault('unavailable', 'revocations_unavailable', 'Tokens cannot be checked right now', {
    cause,
    retryAfterMs: 1_000,
  });
