import type { AccountPrincipal, BusEvent } from '@parley/contracts';
import type { ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import type { BufferedSocket, Subscriber } from './buffered-socket.js';
import { encodeEvent } from './encode-event.js';
import type { EncodingObserver } from './encode-event.js';
import { SubscriberGroup } from './subscriber-group.js';
import type { GroupWriter } from './subscriber-group.js';

/** The subscribers of one stream by dialect: an event is encoded once for each dialect that has subscribers. */
export class SubscriberGroups {
  /** The others follow by `next`. Nearly every stream has one, which needs no array. */
  private first: SubscriberGroup | null = null;

  constructor(
    private readonly writeBuffer: GroupWriter,
    private readonly observer: EncodingObserver,
  ) {}

  get isEmpty(): boolean {
    for (let group = this.first; group; group = group.next) if (group.members.size > 0) return false;
    return true;
  }

  has({ output }: Subscriber): boolean {
    return this.groupOf(output) !== null;
  }

  join({ output }: Subscriber, adapter: SocketAdapter): void {
    this.groupFor(adapter).join(output);
  }

  leave({ output }: Subscriber): void {
    for (let group = this.first; group; group = group.next) group.leave(output);
  }

  /**
   * Queues the event for the subscribers. `owner`: the account whose inbox delivers it. `skipped`: subscribers that have received it already.
   */
  broadcast(
    event: BusEvent,
    owner: AccountPrincipal | null,
    skipped: ((member: ConnectionView) => boolean) | null,
  ): void {
    for (let group = this.first; group; group = group.next) {
      if (group.members.size === 0) continue;
      const encoded = encodeEvent(group.adapter, event, owner, this.observer);
      if (encoded) group.add(encoded, skipped);
    }
  }

  /** Queues a frame for one subscriber, after the frames that are queued already. false: it is not a subscriber. */
  sendInOrder(member: Subscriber, frame: string): boolean {
    const group = this.groupOf(member.output);
    group?.add({ frame, accepts: (one) => one === member }, null);
    return group !== null;
  }

  /** In the order in which their dialects came. */
  private groupFor(adapter: SocketAdapter): SubscriberGroup {
    let last: SubscriberGroup | null = null;
    for (let group = this.first; group; group = group.next) {
      if (group.adapter === adapter) return group;
      last = group;
    }
    const added = new SubscriberGroup(adapter, this.writeBuffer);
    if (last) last.next = added;
    else this.first = added;
    return added;
  }

  private groupOf(output: BufferedSocket): SubscriberGroup | null {
    let group = this.first;
    while (group && !group.members.has(output)) group = group.next;
    return group;
  }
}
