import { asFault, deadlineIn } from '@parley/contracts';
import type { Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import { systemOf } from './heads.js';
import type { Outbox } from './outbox.js';
import type { MessageFact } from './sequencer.js';
import type { LiveSession } from './session.js';

const gatherMs = 20;
const retryMs = 1_000;
const callMs = 5_000;
const batchMax = 500;
const awaitingMax = 1_000;

/** What a connection was given of its inbox, and chat does not know yet. */
interface Given {
  sequence: number;
  awaiting: number[];
  /** How many flushes there had been: with the next one it was written. */
  flushes: number;
}

/**
 * Tells chat how far inboxes were written to sockets, where a wire goes on from there or its senders ask. Many at a time, a moment
 * after the writing: what is not told when this process dies is written once more to the next connection.
 */
export class InboxKeeper {
  private readonly given = new Map<LiveSession, Given>();
  private readonly left: { realm: Realm; place: ReturnType<typeof placeOf> }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private telling: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly deps: {
      readonly core: Core;
      readonly outbox: Outbox;
      readonly log: Log;
      /** Realms in which somebody asks what became of a message. */
      readonly askedIn: ReadonlySet<Realm>;
    },
  ) {}

  note(session: LiveSession, fact: MessageFact): void {
    const { wire } = session;
    if (!fact.inbox || !this.keeps(session)) return;
    const { sequence } = fact.inbox;
    const given = this.given.get(session) ?? { sequence, awaiting: [], flushes: 0 };
    given.sequence = Math.max(given.sequence, sequence);
    given.flushes = this.deps.outbox.counts.flushes;
    if (wire.wantsAcknowledgement?.(fact, session.principal)) {
      given.awaiting.push(sequence);
      session.owed += 1;
    }
    this.given.set(session, given);
    if (given.awaiting.length >= awaitingMax) void this.tell();
    else this.arm(gatherMs);
  }

  /** Its connection is over. What its client took before that counts. */
  leave(session: LiveSession): void {
    const given = this.given.get(session);
    if (!given) return;
    this.given.delete(session);
    if (!this.isWritten(session, given)) return;
    this.left.push({ realm: session.realm, place: placeOf(session, given) });
    this.arm(0);
  }

  /** Resolves when chat was told of everything that was written up to now, or could not be told. */
  async toldSoFar(): Promise<void> {
    await this.telling;
    await this.tell();
  }

  /** Before the bus goes: whatever can be told is told. */
  async settle(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.tell();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.given.clear();
    this.left.length = 0;
  }

  private keeps({ wire: { keepsPlace }, realm }: LiveSession): boolean {
    return keepsPlace === 'for_itself' || (keepsPlace === 'for_senders' && this.deps.askedIn.has(realm));
  }

  private isWritten({ socket }: LiveSession, { flushes }: Given): boolean {
    return this.deps.outbox.counts.flushes > flushes && socket.pendingBytes === 0;
  }

  private arm(ms: number): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.tell();
    }, ms);
  }

  private tell(): Promise<void> {
    return (this.telling ??= this.tellAll().finally(() => {
      this.telling = null;
      if (this.given.size + this.left.length > 0) this.arm(gatherMs);
    }));
  }

  private async tellAll(): Promise<void> {
    // What still gathers is written now, and so can be told.
    if (this.given.size > 0) this.deps.outbox.flush();
    const all = this.left.splice(0);
    for (const [session, given] of this.given) {
      if (!this.isWritten(session, given)) continue;
      this.given.delete(session);
      all.push({ realm: session.realm, place: placeOf(session, given) });
    }
    for (const [realm, places] of byRealm(all)) {
      for (let at = 0; at < places.length; at += batchMax) await this.advance(realm, places.slice(at, at + batchMax));
    }
  }

  private async advance(realm: Realm, places: ReturnType<typeof placeOf>[]): Promise<void> {
    try {
      const options = { principal: systemOf(realm), deadline: deadlineIn(callMs) };
      await this.deps.core.chat.place.advance({ places }, options);
    } catch (error) {
      this.deps.log.warn({ reason: asFault(error).reason }, 'How far inboxes were written could not be told');
      this.left.push(...places.map((place) => ({ realm, place })));
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }
}

const placeOf = ({ principal }: LiveSession, { sequence, awaiting }: Given) => ({
  accountId: principal.accountId,
  sequence,
  awaiting: awaiting.slice(0, awaitingMax),
});

const byRealm = <P>(all: readonly { realm: Realm; place: P }[]): Map<Realm, P[]> => {
  const realms = new Map<Realm, P[]>();
  for (const { realm, place } of all) realms.set(realm, [...(realms.get(realm) ?? []), place]);
  return realms;
};
