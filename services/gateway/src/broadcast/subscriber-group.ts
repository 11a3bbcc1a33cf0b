import type { Encoded, ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import { frameOf } from './frames.js';
import type { BufferedSocket } from './buffered-socket.js';
import { SmallSet } from './small-set.js';

interface Pending {
  readonly frame: Buffer;
  readonly except: Encoded['except'];
  readonly accepts: Encoded['accepts'];
}

/** What a group needs of the write buffer. */
export interface GroupWriter {
  /** The first pending frame was added to the group. */
  wake(group: SubscriberGroup): void;
  /** As much is pending as one write should have. */
  full(): void;
  send(socket: BufferedSocket, frame: Buffer): void;
}

/** Of groups that have had no frame yet, as nearly all inboxes. */
const noFrames: Pending[] = [];
const framesMax = 512;
const bytesMax = 256 * 1024;

/** The subscribers of one stream in one dialect, and their pending frames. */
export class SubscriberGroup {
  /** Of the same stream, for another dialect. Written only by its `SubscriberGroups`. */
  next: SubscriberGroup | null = null;
  readonly members = new SmallSet<BufferedSocket>();
  private pending = noFrames;
  private bytes = 0;
  private filtered = false;
  /** Members that joined while frames were pending, and the first of these that each receives: earlier ones were sent to it otherwise. */
  private joinedAt: Map<BufferedSocket, number> | null = null;

  constructor(
    readonly adapter: SocketAdapter,
    private readonly writeBuffer: GroupWriter,
  ) {}

  join(member: BufferedSocket): void {
    if (this.members.has(member)) return;
    this.members.add(member);
    if (this.pending.length > 0) (this.joinedAt ??= new Map()).set(member, this.pending.length);
  }

  /** The member still receives the pending frames: its stream counts them as delivered. */
  leave(member: BufferedSocket): void {
    if (!this.members.delete(member)) return;
    const from = this.joinedAt?.get(member) ?? 0;
    this.joinedAt?.delete(member);
    const received = this.pending.filter((one, index) => index >= from && isFor(one, member));
    if (received.length > 0) this.writeBuffer.send(member, joined(received));
  }

  /** `skipped`: members that have received this event already. */
  add(encoded: Encoded, skipped: ((member: ConnectionView) => boolean) | null): void {
    const frame = frameOf(encoded.frame);
    const { except } = encoded;
    const accepts = both(encoded.accepts, skipped);
    if (except !== undefined || accepts !== undefined) this.filtered = true;
    if (this.pending === noFrames) this.pending = [];
    this.pending.push({ frame, except, accepts });
    this.bytes += frame.length;
    if (this.pending.length === 1) this.writeBuffer.wake(this);
    if (this.pending.length >= framesMax || this.bytes >= bytesMax) this.writeBuffer.full();
  }

  /** Passes its bytes for each member to `put`; returns the number of frames over all members. */
  flush(put: (member: BufferedSocket, bytes: Buffer) => void): number {
    const { joinedAt } = this;
    // The array itself stays: one that waits for its first frame becomes old, and once it is garbage it keeps the frames that it got, which
    // become old with it, until a full collection.
    const pending = this.pending.slice();
    this.pending.length = 0;
    this.bytes = 0;
    this.joinedAt = null;
    const all = joined(pending);
    if (!this.filtered && !joinedAt) {
      for (const member of this.members) put(member, all);
      return pending.length * this.members.size;
    }
    this.filtered = false;
    return this.flushVariants(pending, joinedAt, all, put);
  }

  private flushVariants(
    pending: readonly Pending[],
    joinedAt: ReadonlyMap<BufferedSocket, number> | null,
    all: Buffer,
    put: (member: BufferedSocket, bytes: Buffer) => void,
  ): number {
    const variants = new Map<string, Buffer>();
    const excepted = new Set(pending.map(({ except }) => except));
    const asks = pending.some(({ accepts }) => accepts !== undefined);
    let deliveries = 0;
    for (const member of this.members) {
      if (!asks && !excepted.has(member.view.id) && !joinedAt?.has(member)) {
        // Nearly all members, where the only filter is that a sender does not receive its own message.
        put(member, all);
        deliveries += pending.length;
        continue;
      }
      const from = joinedAt?.get(member) ?? 0;
      const received = pending.filter((one, index) => index >= from && isFor(one, member));
      if (received.length === 0) continue;
      deliveries += received.length;
      if (received.length === pending.length) put(member, all);
      else put(member, variantOf(variants, pending, received));
    }
    return deliveries;
  }
}

const isFor = ({ except, accepts }: Pending, member: BufferedSocket): boolean =>
  except !== member.view.id && (accepts === undefined || accepts(member.view));

const both = (
  accepts: Encoded['accepts'],
  skipped: ((member: ConnectionView) => boolean) | null,
): Encoded['accepts'] => {
  if (!skipped) return accepts;
  return (member) => !skipped(member) && (accepts === undefined || accepts(member));
};

const joined = (pending: readonly Pending[]): Buffer => {
  const [first] = pending;
  if (pending.length === 1 && first) return first.frame;
  return Buffer.concat(pending.map(({ frame }) => frame));
};

/** Members that skip the same frames share one buffer too. */
const variantOf = (
  variants: Map<string, Buffer>,
  pending: readonly Pending[],
  received: readonly Pending[],
): Buffer => {
  const key = received.map((one) => pending.indexOf(one)).join(',');
  const known = variants.get(key);
  if (known) return known;
  const bytes = joined(received);
  variants.set(key, bytes);
  return bytes;
};
