import { isSequenced, streamPosition } from '@parley/contracts';
import type {
  AccountId,
  AccountPrincipal,
  ChannelId,
  ChannelSnapshot,
  BusEvent,
  BusEventNamed,
  Realm,
  Scope,
  SequencedBusEvent,
} from '@parley/contracts';
import type { ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import { SmallSet } from '../broadcast/small-set.js';
import { SubscriberGroups } from '../broadcast/subscriber-groups.js';
import type { StreamMember } from './member.js';
import type { RecentEntries } from './recent-entries.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import { Sequencer } from './sequencer.js';
import type { Page, Sequenced } from './sequencer.js';
import type { StreamObserver } from './stream-observer.js';
import type { SequencerTimings } from '../timing/timings.js';
import type { Timer, TimerOwner } from '../timing/timer-wheel.js';

export type MembershipEvent = BusEventNamed<'member.added' | 'member.changed' | 'member.removed'>;

/** Who may receive a channel. */
export interface Membership {
  /** Checks with topics who may still receive the channel and removes the others; never rejects. */
  recheck(stream: Stream): Promise<void>;
  /** A membership changed, which may attach or detach connections. */
  onEvent(stream: Stream, event: MembershipEvent): void;
}

/** What all streams of a gateway share. */
export interface StreamDeps {
  readonly writeBuffer: WriteBuffer;
  readonly timings: SequencerTimings;
  readonly observer: StreamObserver;
  /** Attaches and detaches connections when memberships change. */
  readonly membership: Membership;
  /** Reads a page from chat, as events. */
  read(stream: Stream, after: number): Promise<Page>;
  /** A newer connection of the account opened. */
  onEntered(event: BusEventNamed<'connection.entered'>): void;
  /** An entry of the inbox was delivered to a subscriber, written or not. */
  onInboxDelivered(member: StreamMember, event: SequencedBusEvent): void;
  onUnused(stream: Stream, now: number): void;
}

/** One scope that this gateway is subscribed to: the order of its events, and its subscribers by dialect. */
export class Stream implements Sequenced, TimerOwner {
  /** Drops the stream when due, if it has no users then; null: it has had users all the time. */
  timer: Timer | null = null;
  /** How many members use it: those attached, and those being attached. */
  users = 0;
  listening: { stop(): void } | null = null;
  /** Resolves when it is subscribed and its head is known, or the first read of the head failed. */
  ready: Promise<void> | null = null;
  /** The newest snapshot of the channel; repaired entries carry it. */
  channel: ChannelSnapshot | null = null;
  /** All attached members may receive the channel as of this membership version. */
  verifiedVersion = 0;
  /** The newest membership version that any event carried. */
  seenVersion = 0;
  /** What members that resume may be sent without a read. */
  recent: RecentEntries | null = null;
  /** No check before this time (monotonic milliseconds): topics did not answer, or answered with an old version. */
  uncheckedUntil = 0;
  readonly sequencer: Sequencer;
  /** All attached members, including those that still catch up. */
  readonly attached = new SmallSet<StreamMember>();
  private readonly groups: SubscriberGroups;
  /** Members that have read further than the stream has delivered. */
  private ahead: Map<ConnectionView, number> | null = null;

  constructor(
    readonly scope: Scope,
    readonly realm: Realm,
    private readonly deps: StreamDeps,
  ) {
    this.groups = new SubscriberGroups(deps.writeBuffer, deps.observer);
    this.sequencer = new Sequencer(this, deps.timings);
  }

  get observer(): StreamObserver {
    return this.deps.observer;
  }

  get isChannel(): boolean {
    return this.scope.kind === 'channel';
  }

  get channelId(): ChannelId {
    return this.scope.id as ChannelId;
  }

  get accountId(): AccountId {
    return this.scope.id as AccountId;
  }

  /** The account whose inbox this is; null: a channel, or no member is attached. */
  get owner(): AccountPrincipal | null {
    if (this.isChannel) return null;
    for (const { principal } of this.attached) return principal;
    return null;
  }

  receive(event: BusEvent): void {
    if (event.realm !== this.realm) return;
    if (isSequenced(event)) {
      this.seenVersion = Math.max(this.seenVersion, event.channel.membershipVersion);
      const place = streamPosition(event);
      if (place?.id === this.scope.id) this.sequencer.receive({ sequence: place.sequence, event });
      return;
    }
    if (event.name === 'member.added' || event.name === 'member.changed' || event.name === 'member.removed') {
      this.seenVersion = Math.max(this.seenVersion, event.channel.membershipVersion);
      this.deps.membership.onEvent(this, event);
      return;
    }
    // Only for connections that are subscribed to it (presence/).
    if (event.name === 'presence.changed') return;
    if (event.name === 'connection.entered') return this.deps.onEntered(event);
    if (event.name === 'channel.changed' && this.channel)
      this.channel = { ...this.channel, title: event.channel.title };
    this.broadcast(event, null);
  }

  /**
   * Encodes an event without a sequence once for each dialect that supports it, and queues the frame for its subscribers. An inbox sends it
   * also to those that do not receive the stream yet: only what has a sequence is replayed to them.
   */
  broadcast(event: BusEvent, skipped: ((member: ConnectionView) => boolean) | null): void {
    this.groups.broadcast(event, this.owner, skipped);
    if (this.isChannel) return;
    for (const one of this.attached) if (!this.isLiveFor(one) && !skipped?.(one)) one.onAccountEvent(event);
  }

  deliver(event: SequencedBusEvent, sequence: number): void {
    if (this.isChannel) this.channel = newer(this.channel, event.channel);
    if (this.recent?.add(event, sequence) === false) this.recent = null;
    if (!this.groups.isEmpty) this.deps.writeBuffer.carries(Date.parse(timeOf(event)));
    this.groups.broadcast(event, this.owner, this.ahead && this.skipped(this.ahead, sequence));
    if (!this.isChannel) for (const one of this.subscribers()) this.deps.onInboxDelivered(one, event);
  }

  isLiveFor(member: StreamMember): boolean {
    return this.groups.has(member);
  }

  /** Queues a frame for one member, after the stream's frames that are queued already. false: it is not a subscriber now. */
  sendInOrder(member: StreamMember, frame: string): boolean {
    return this.groups.sendInOrder(member, frame);
  }

  /** The member receives everything after `position` from now on. */
  join(member: StreamMember, adapter: SocketAdapter, position: number): void {
    this.groups.join(member, adapter);
    if (position > (this.sequencer.delivered ?? 0)) (this.ahead ??= new Map()).set(member, position);
  }

  /** Members that receive events as they arrive; one that catches up is not among them. */
  *subscribers(): Iterable<StreamMember> {
    for (const one of this.attached) if (this.isLiveFor(one)) yield one;
  }

  /** The member receives nothing more for now; it may still be attached, and catching up. */
  leave(member: StreamMember): void {
    this.groups.leave(member);
    this.ahead?.delete(member);
  }

  read(after: number): Promise<Page> {
    return this.deps.read(this, after);
  }

  beforeDelivery({ channel: { membershipVersion } }: SequencedBusEvent): Promise<void> | null {
    if (!this.isChannel || membershipVersion <= this.verifiedVersion || this.attached.size === 0) return null;
    if (performance.now() < this.uncheckedUntil) return null;
    return this.deps.membership.recheck(this);
  }

  beforeRepair(): Promise<void> {
    return this.isChannel && this.attached.size > 0 ? this.deps.membership.recheck(this) : Promise.resolve();
  }

  /** Decided now, because frames are written later; members that are not ahead any more are forgotten. */
  private skipped(ahead: Map<ConnectionView, number>, sequence: number): (member: ConnectionView) => boolean {
    const passed = new Set<ConnectionView>();
    for (const [member, position] of ahead) {
      if (position >= sequence) passed.add(member);
      if (position <= sequence) ahead.delete(member);
    }
    if (ahead.size === 0) this.ahead = null;
    return (member) => passed.has(member);
  }

  onDue(now: number): void {
    if (this.users === 0) this.deps.onUnused(this, now);
  }

  stop(): void {
    this.sequencer.stop();
    this.listening?.stop();
    this.listening = null;
  }
}

/** When the entry was committed. */
const timeOf = (event: SequencedBusEvent): string =>
  event.name === 'message.created' ? event.message.sentAt : event.entry.at;

const newer = (known: ChannelSnapshot | null, published: ChannelSnapshot): ChannelSnapshot =>
  known && known.membershipVersion > published.membershipVersion ? known : published;
