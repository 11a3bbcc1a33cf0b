import { placeOf } from '@parley/contracts';
import type {
  AccountId,
  AccountPrincipal,
  ChannelId,
  ChannelSnapshot,
  Fact,
  FactNamed,
  Realm,
  Scope,
} from '@parley/contracts';
import type { Encoded, Session, SocketWire } from '../dialects/dialect.js';
import { Group } from './group.js';
import type { Outbox, Receiver } from './outbox.js';
import { Sequencer } from './sequencer.js';
import type { MessageFact, Page, Sequenced, SequencerPace } from './sequencer.js';
import { offTheWheel } from './wheel.js';
import type { Timed } from './wheel.js';

/** What all streams of a gateway share. */
export interface StreamDeps {
  readonly outbox: Outbox;
  readonly pace: SequencerPace;
  /** Pages of the owner, as facts. */
  read(stream: Stream, after: number): Promise<Page>;
  /** Asks again who may hear the channel and shows out who may not; never rejects. */
  recheck(stream: Stream): Promise<void>;
  /** Facts that are no message, and concern sessions as such. */
  onMembership(stream: Stream, fact: FactNamed<'member.added' | 'member.changed' | 'member.removed'>): void;
  /** Somebody took the account over. */
  onEntered(stream: Stream, fact: FactNamed<'connection.entered'>): void;
  /** Those who hear it now were given it. */
  onInboxDelivered(stream: Stream, fact: MessageFact): void;
  onUnused(stream: Stream, now: number): void;
  encodingFailed(fact: Fact, error: unknown): void;
  heldBack(): void;
  skippedHole(): void;
  repaired(count: number): void;
  repairFailed(stream: Stream, error: unknown): void;
}

/** One scope that somebody here listens to: its order, and who hears it in which wire. */
export class Stream implements Sequenced, Timed {
  wheelSlot = offTheWheel;
  wheelDue = 0;
  /** Who needs it: attached sessions, and those on their way in. */
  users = 0;
  listening: { stop(): void } | null = null;
  /** Resolves when subscribed and its head is known, or when that failed for now. */
  ready: Promise<void> | null = null;
  /** The newest that was seen of the channel; repaired messages are told with it. */
  channel: ChannelSnapshot | null = null;
  /** All who are attached may hear it as of this version of the membership. */
  verifiedVersion = 0;
  /** The newest version that any fact told of. */
  seenVersion = 0;
  /** Until then it is not asked again: topics did not answer. */
  uncheckedUntil = 0;
  readonly sequencer: Sequencer;
  /** Everybody attached, those that still catch up too. */
  readonly attached = new Set<Receiver>();
  private readonly groups: Group[] = [];
  /** Members that have read further than the stream has delivered. */
  private ahead: Map<Session, number> | null = null;
  private waiting: Set<{ readonly sequence: number; readonly resolve: () => void }> | null = null;

  constructor(
    readonly scope: Scope,
    readonly realm: Realm,
    private readonly deps: StreamDeps,
  ) {
    this.sequencer = new Sequencer(this, deps.pace);
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

  /** Whose inbox this is. */
  get owner(): AccountPrincipal | null {
    if (this.isChannel) return null;
    for (const { principal } of this.attached) return principal;
    return null;
  }

  readonly hear = (fact: Fact): void => {
    if (fact.realm !== this.realm) return;
    if (fact.name === 'message.created') {
      this.seenVersion = Math.max(this.seenVersion, fact.channel.membershipVersion);
      const place = placeOf(fact);
      if (place?.id === this.scope.id) this.sequencer.hear({ sequence: place.sequence, fact });
      return;
    }
    if (fact.name === 'member.added' || fact.name === 'member.changed' || fact.name === 'member.removed') {
      this.seenVersion = Math.max(this.seenVersion, fact.channel.membershipVersion);
      this.deps.onMembership(this, fact);
      return;
    }
    if (fact.name === 'connection.entered') return this.deps.onEntered(this, fact);
    if (fact.name === 'channel.changed' && this.channel) this.channel = { ...this.channel, title: fact.channel.title };
    this.tell(fact, null);
  };

  /** A frame for all live members of each wire that has a word for it. */
  tell(fact: Fact, passedBy: ((member: Session) => boolean) | null): void {
    for (const group of this.groups) {
      if (group.members.size === 0) continue;
      const encoded = this.encoded(group.wire, fact);
      if (encoded) group.add(encoded, passedBy);
    }
  }

  deliver(fact: MessageFact, sequence: number): void {
    if (this.isChannel) this.channel = newer(this.channel, fact.channel);
    if (this.groups.some(({ members }) => members.size > 0)) this.deps.outbox.carries(Date.parse(fact.message.sentAt));
    this.tell(fact, this.ahead && this.passedBy(this.ahead, sequence));
    if (!this.isChannel) this.deps.onInboxDelivered(this, fact);
    for (const one of this.waiting ?? []) if (one.sequence <= sequence) one.resolve();
  }

  /** Resolves when it has delivered the sequence, after `withinMs` in any case. */
  reached(sequence: number, withinMs: number): Promise<void> {
    if ((this.sequencer.delivered ?? 0) >= sequence) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = (this.waiting ??= new Set());
      const one = {
        sequence,
        resolve: () => {
          clearTimeout(timer);
          waiting.delete(one);
          resolve();
        },
      };
      const timer = setTimeout(one.resolve, withinMs);
      waiting.add(one);
    });
  }

  isHeardBy(member: Receiver): boolean {
    return this.groups.some(({ members }) => members.has(member));
  }

  /** A frame for one member, after those that it is sent already. false: it does not hear the stream now. */
  tellOne(member: Receiver, frame: string): boolean {
    const group = this.groups.find(({ members }) => members.has(member));
    group?.add({ frame, hears: (one) => one === member }, null);
    return group !== undefined;
  }

  /** From now on it hears everything after `position` as it comes. */
  join(member: Receiver, wire: SocketWire, position: number): void {
    let group = this.groups.find((one) => one.wire === wire);
    if (!group) this.groups.push((group = new Group(wire, this.deps.outbox)));
    group.join(member);
    if (position > (this.sequencer.delivered ?? 0)) (this.ahead ??= new Map()).set(member, position);
  }

  /** Those who hear what comes; who catches up is not one of them. */
  *hearers(): Iterable<Receiver> {
    for (const group of this.groups) yield* group.members;
  }

  /** It hears nothing more for now; it may still be attached, and catching up. */
  part(member: Receiver): void {
    for (const group of this.groups) group.leave(member);
    this.ahead?.delete(member);
  }

  read(after: number): Promise<Page> {
    return this.deps.read(this, after);
  }

  beforeDelivery({ channel: { membershipVersion } }: MessageFact): Promise<void> | null {
    if (!this.isChannel || membershipVersion <= this.verifiedVersion || this.attached.size === 0) return null;
    if (performance.now() < this.uncheckedUntil) return null;
    return this.deps.recheck(this);
  }

  beforeRepair(): Promise<void> {
    return this.isChannel && this.attached.size > 0 ? this.deps.recheck(this) : Promise.resolve();
  }

  heldBack(): void {
    this.deps.heldBack();
  }

  skippedHole(): void {
    this.deps.skippedHole();
  }

  repaired(count: number): void {
    this.deps.repaired(count);
  }

  repairFailed(error: unknown): void {
    this.deps.repairFailed(this, error);
  }

  /** One wire that fails must not take the fact from the others, nor stop the stream. */
  private encoded(wire: SocketWire, fact: Fact): Encoded | null {
    try {
      return wire.encodeFact(fact, this.owner);
    } catch (error) {
      this.deps.encodingFailed(fact, error);
      return null;
    }
  }

  /** Decided now, because frames go out later; who is not ahead any more is forgotten. */
  private passedBy(ahead: Map<Session, number>, sequence: number): (member: Session) => boolean {
    const passed = new Set<Session>();
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
    for (const one of this.waiting ?? []) one.resolve();
    this.listening?.stop();
    this.listening = null;
  }
}

const newer = (known: ChannelSnapshot | null, told: ChannelSnapshot): ChannelSnapshot =>
  known && known.membershipVersion > told.membershipVersion ? known : told;
