import type { AccountPrincipal, ChannelId, ChannelSnapshot } from '@parley/contracts';
import type { InboxSubscription } from '../inbox/inbox-subscription.js';
import { TokenBucket } from '../limits/token-bucket.js';
import type { FrameRate } from '../limits/token-bucket.js';
import type { Attached } from '../protocol/dialect.js';
import { AttachedChannels } from './attached-channels.js';
import { noRooms } from './owned-rooms.js';
import type { OwnedRooms, Room } from './owned-rooms.js';

const noChannels: Attached = new AttachedChannels();

/**
 * What a connection has from the verification of its credentials on. It remains after the close, because a command that is in progress then
 * still names its caller. What only a busy connection needs is made when it becomes busy.
 */
export class Authenticated<C> {
  /** Released after its rooms: it is there before them. */
  inbox: InboxSubscription | null = null;
  /** The state of its dialect. */
  dialectState: unknown = null;
  isSuspended = false;
  private channels: AttachedChannels | null = null;
  private rooms: OwnedRooms<C> = noRooms;
  private budget: TokenBucket | null = null;
  private messagesSent = 0;
  private lastRemoval = '';

  constructor(
    private caller: AccountPrincipal,
    /** Monotonic milliseconds; null: the connection outlives its token. */
    private expiry: number | null,
  ) {}

  get principal(): AccountPrincipal {
    return this.caller;
  }

  get expiresAt(): number | null {
    return this.expiry;
  }

  /** A newer token of the same session: only the display name may have changed with it. */
  renew(name: string, expiresAt: number | null): void {
    if (name !== this.caller.name) this.caller = { ...this.caller, name };
    this.expiry = expiresAt;
  }

  get attached(): Attached {
    return this.channels ?? noChannels;
  }

  isExpired(now: number): boolean {
    return this.expiresAt !== null && now >= this.expiresAt;
  }

  list(channel: ChannelSnapshot): void {
    (this.channels ??= new AttachedChannels()).set(channel);
  }

  unlist(channelId: ChannelId): boolean {
    return this.channels?.delete(channelId) ?? false;
  }

  own(room: Room<C>): void {
    this.rooms = this.rooms.with(room);
  }

  /** Releases what it owns, the last first. */
  release(connection: C): void {
    const { rooms } = this;
    this.rooms = noRooms;
    for (const room of rooms.list.toReversed()) room.release(connection);
    this.inbox?.release();
    this.inbox = null;
  }

  /** Limits the rate of frames from its client. */
  frameBudget(rate: FrameRate, now: number): TokenBucket {
    return (this.budget ??= new TokenBucket(rate, now));
  }

  /** A budget that is full again is like one that was never used. */
  dropFullBudget(now: number): void {
    if (this.budget?.isFull(now)) this.budget = null;
  }

  /** Unique in the life of the connection. */
  nextMessageNumber(): number {
    this.messagesSent += 1;
    return this.messagesSent;
  }

  /** The event arrives by the channel and by the account: false the second time. */
  isNewRemoval({ id, membershipVersion }: ChannelSnapshot): boolean {
    const key = `${id}:${membershipVersion}`;
    const isNew = this.lastRemoval !== key;
    this.lastRemoval = key;
    return isNew;
  }
}
