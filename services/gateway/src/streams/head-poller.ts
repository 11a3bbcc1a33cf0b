import { isFault, deadlineIn } from '@parley/contracts';
import type { Head, Realm } from '@parley/contracts';
import type { z } from 'zod';
import type { Core } from '../core.js';
import type { Log } from '@parley/runtime';
import type { Timings } from '../timing/timings.js';
import type { Stream } from './stream.js';
import { systemOf } from '../protocol/scopes.js';

const chunkMax = 1000;
/** The heads of streams that start within this time are read in one call; those that start during that call share the next. */
const gatherMs = 2;
const retryMinMs = 250;
const retryMaxMs = 4_000;
const initializeDeadlineMs = 2_000;

type Heads = ReadonlyMap<Stream, z.output<typeof Head>>;

/**
 * Compares the streams of this gateway with chat and topics: where streams begin, which events the bus lost, and which memberships
 * changed without an event.
 */
export class HeadPoller {
  private uninitialized = new Map<Stream, () => void>();
  private initializing: NodeJS.Timeout | null = null;
  private isReading = false;
  private round: NodeJS.Timeout | null = null;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly deps: {
      readonly core: Core;
      readonly log: Log;
      readonly timings: Timings;
      streams(): Iterable<Stream>;
      recheck(stream: Stream): Promise<void>;
      /** Looks for joins whose events the bus lost. */
      checkMissedJoins(): Promise<void>;
    },
  ) {
    this.armRound();
  }

  /** Sets where a stream begins; resolves when that is known, or when the first attempt failed (it is retried). */
  initialize(stream: Stream): Promise<void> {
    if (this.failures > 0) {
      // Chat does not answer: callers do not wait for it, and the stream begins when chat answers again.
      this.uninitialized.set(stream, nothing);
      this.armInitializing(gatherMs);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.uninitialized.set(stream, resolve);
      this.armInitializing(gatherMs);
    });
  }

  forget(stream: Stream): void {
    this.uninitialized.get(stream)?.();
    this.uninitialized.delete(stream);
  }

  /** Compares all streams now: when the bus has reconnected, and at intervals of `checkMinMs` to `checkMaxMs`. */
  async check(): Promise<void> {
    if (this.round) clearTimeout(this.round);
    this.round = null;
    const comparing = [this.checkHeads(), this.checkVersions(), this.deps.checkMissedJoins()];
    await Promise.all(comparing.map((one) => this.telling(one)));
    this.armRound();
  }

  stop(): void {
    this.stopped = true;
    if (this.round) clearTimeout(this.round);
    if (this.initializing) clearTimeout(this.initializing);
    for (const resolve of this.uninitialized.values()) resolve();
    this.uninitialized.clear();
  }

  private async telling(comparing: Promise<void>): Promise<void> {
    await comparing.catch((error: unknown) => {
      this.deps.log.warn({ reason: isFault(error) ? error.reason : 'bad_answer' }, 'Heads could not be compared');
    });
  }

  private async checkHeads(): Promise<void> {
    const heads = await this.headsOf([...this.deps.streams()].filter((one) => one.sequencer.delivered !== null));
    const behind = [...heads].filter(([stream, { head }]) => head > (stream.sequencer.delivered ?? head));
    if (behind.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, this.deps.timings.missedMs).unref());
    for (const [stream, { head }] of behind) stream.sequencer.expect(head);
  }

  private async checkVersions(): Promise<void> {
    const held = [...this.deps.streams()].filter((one) => one.isChannel && one.attached.size > 0);
    for (const [realm, streams] of chunksByRealm(held)) {
      const byId = new Map(streams.map((stream) => [stream.channelId, stream]));
      const ids = [...byId.keys()];
      const versions = await this.deps.core.topics.channel.versions({ ids }, { principal: systemOf(realm) });
      const changed = versions.flatMap(({ channelId, membershipVersion }) => {
        const stream = byId.get(channelId);
        return stream && membershipVersion > stream.verifiedVersion ? [this.deps.recheck(stream)] : [];
      });
      await Promise.all(changed);
    }
  }

  private async headsOf(streams: readonly Stream[], deadlineMs?: number): Promise<Heads> {
    const heads = new Map<Stream, z.output<typeof Head>>();
    for (const [realm, chunk] of chunksByRealm(streams)) {
      const byId = new Map(chunk.map((stream) => [stream.scope.id, stream]));
      const channelIds = chunk.filter((one) => one.isChannel).map((one) => one.channelId);
      const accountIds = chunk.filter((one) => !one.isChannel).map((one) => one.accountId);
      const options = { principal: systemOf(realm), ...(deadlineMs && { deadline: deadlineIn(deadlineMs) }) };
      const { channels, inboxes } = await this.deps.core.chat.channel.heads({ channelIds, accountIds }, options);
      const entries = [
        ...channels.map(({ channelId, ...head }) => [channelId, head] as const),
        ...inboxes.map(({ accountId, ...head }) => [accountId, head] as const),
      ];
      for (const [id, head] of entries) {
        const stream = byId.get(id);
        if (stream) heads.set(stream, head);
      }
    }
    return heads;
  }

  private async initializeAll(): Promise<void> {
    const asked = this.uninitialized;
    this.uninitialized = new Map();
    this.isReading = true;
    try {
      const heads = await this.headsOf([...asked.keys()], initializeDeadlineMs);
      for (const [stream, { head }] of heads) stream.sequencer.start(head);
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.deps.log.warn({ reason: isFault(error) ? error.reason : 'bad_answer' }, 'Heads could not be learnt');
      this.awaitNone();
    }
    this.isReading = false;
    for (const [stream, resolve] of asked) {
      resolve();
      const wanted =
        stream.sequencer.delivered === null && stream.listening !== null && !this.uninitialized.has(stream);
      if (wanted) this.uninitialized.set(stream, nothing);
    }
    if (this.uninitialized.size > 0) this.armInitializing(this.failures === 0 ? gatherMs : backoffMs(this.failures));
  }

  /** Callers do not wait for a chat that does not answer. */
  private awaitNone(): void {
    for (const [stream, resolve] of this.uninitialized) {
      resolve();
      this.uninitialized.set(stream, nothing);
    }
  }

  private armInitializing(ms: number): void {
    if (this.stopped || this.isReading) return;
    this.initializing ??= setTimeout(() => {
      this.initializing = null;
      void this.initializeAll();
    }, ms);
  }

  private armRound(): void {
    if (this.stopped) return;
    const { checkMinMs, checkMaxMs } = this.deps.timings;
    const ms = checkMinMs + Math.random() * (checkMaxMs - checkMinMs);
    this.round ??= setTimeout(() => void this.check(), ms).unref();
  }
}

const nothing = (): void => {};

const backoffMs = (failures: number): number => Math.min(retryMinMs * 2 ** (failures - 1), retryMaxMs);

const chunksByRealm = (streams: readonly Stream[]): [Realm, Stream[]][] => {
  const open = new Map<Realm, Stream[]>();
  const chunks: [Realm, Stream[]][] = [];
  for (const stream of streams) {
    const chunk = open.get(stream.realm);
    if (chunk && chunk.length < chunkMax) chunk.push(stream);
    else {
      const next = [stream];
      open.set(stream.realm, next);
      chunks.push([stream.realm, next]);
    }
  }
  return chunks;
};
