import type { Encoded, Session, SocketWire } from '../dialects/dialect.js';
import { frameOf } from '../edge/frames.js';
import type { Outbox, Receiver } from './outbox.js';

interface Pending {
  readonly frame: Buffer;
  readonly except: Encoded['except'];
  readonly hears: Encoded['hears'];
}

const framesMax = 512;
const bytesMax = 256 * 1024;

/** Everybody of one wire who hears one stream, and the frames that wait for them. */
export class Group {
  readonly members = new Set<Receiver>();
  private pending: Pending[] = [];
  private bytes = 0;
  private choosy = false;
  /** Who joined while frames were waiting, and from which of them on it hears: the earlier ones were sent to it otherwise. */
  private joinedAt: Map<Receiver, number> | null = null;

  constructor(
    readonly wire: SocketWire,
    private readonly outbox: Outbox,
  ) {}

  join(member: Receiver): void {
    if (this.members.has(member)) return;
    this.members.add(member);
    if (this.pending.length > 0) (this.joinedAt ??= new Map()).set(member, this.pending.length);
  }

  /** What waits for it goes with it: its stream counts that as delivered. */
  leave(member: Receiver): void {
    if (!this.members.delete(member)) return;
    const from = this.joinedAt?.get(member) ?? 0;
    this.joinedAt?.delete(member);
    const heard = this.pending.filter((one, index) => index >= from && isFor(one, member));
    if (heard.length > 0) this.outbox.send(member, joined(heard));
  }

  /** `passedBy`: members that have this one already. */
  add(encoded: Encoded, passedBy: ((member: Session) => boolean) | null): void {
    const frame = frameOf(encoded.frame);
    const { except } = encoded;
    const hears = both(encoded.hears, passedBy);
    if (except !== undefined || hears !== undefined) this.choosy = true;
    this.pending.push({ frame, except, hears });
    this.bytes += frame.length;
    if (this.pending.length === 1) this.outbox.wake(this);
    if (this.pending.length >= framesMax || this.bytes >= bytesMax) this.outbox.full();
  }

  /** Gives each member its bytes; answers how many frames that were in all. */
  flush(put: (member: Receiver, bytes: Buffer) => void): number {
    const { pending, joinedAt } = this;
    this.pending = [];
    this.bytes = 0;
    this.joinedAt = null;
    const all = joined(pending);
    if (!this.choosy && !joinedAt) {
      for (const member of this.members) put(member, all);
      return pending.length * this.members.size;
    }
    this.choosy = false;
    return this.flushVariants(pending, joinedAt, all, put);
  }

  private flushVariants(
    pending: readonly Pending[],
    joinedAt: ReadonlyMap<Receiver, number> | null,
    all: Buffer,
    put: (member: Receiver, bytes: Buffer) => void,
  ): number {
    const variants = new Map<string, Buffer>();
    const excepted = new Set(pending.map(({ except }) => except));
    const asks = pending.some(({ hears }) => hears !== undefined);
    let deliveries = 0;
    for (const member of this.members) {
      if (!asks && !excepted.has(member.id) && !joinedAt?.has(member)) {
        // Nearly everybody, where the only choice is that a sender does not hear itself.
        put(member, all);
        deliveries += pending.length;
        continue;
      }
      const from = joinedAt?.get(member) ?? 0;
      const heard = pending.filter((one, index) => index >= from && isFor(one, member));
      if (heard.length === 0) continue;
      deliveries += heard.length;
      if (heard.length === pending.length) put(member, all);
      else put(member, variantOf(variants, pending, heard));
    }
    return deliveries;
  }
}

const isFor = ({ except, hears }: Pending, member: Receiver): boolean =>
  except !== member.id && (hears === undefined || hears(member));

const both = (hears: Encoded['hears'], passedBy: ((member: Session) => boolean) | null): Encoded['hears'] => {
  if (!passedBy) return hears;
  return (member) => !passedBy(member) && (hears === undefined || hears(member));
};

const joined = (pending: readonly Pending[]): Buffer => {
  const [first] = pending;
  if (pending.length === 1 && first) return first.frame;
  return Buffer.concat(pending.map(({ frame }) => frame));
};

/** Sessions that miss the same frames share one buffer too. */
const variantOf = (variants: Map<string, Buffer>, pending: readonly Pending[], heard: readonly Pending[]): Buffer => {
  const key = heard.map((one) => pending.indexOf(one)).join(',');
  const known = variants.get(key);
  if (known) return known;
  const bytes = joined(heard);
  variants.set(key, bytes);
  return bytes;
};
