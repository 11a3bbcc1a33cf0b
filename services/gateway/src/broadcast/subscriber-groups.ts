import type { AccountPrincipal, BusEvent } from '@parley/contracts';
import type { ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import type { BufferedSocket, Subscriber } from './buffered-socket.js';
import { encodeEvent } from './encode-event.js';
import type { EncodingObserver } from './encode-event.js';
import { SubscriberGroup } from './subscriber-group.js';
import type { GroupWriter } from './subscriber-group.js';

/** The subscribers of one stream by dialect: an event is encoded once for each dialect that has subscribers. */
export class SubscriberGroups {
  private groups: readonly SubscriberGroup[] = [];

  constructor(
    private readonly writeBuffer: GroupWriter,
    private readonly observer: EncodingObserver,
  ) {}

  get isEmpty(): boolean {
    return this.groups.every(({ members }) => members.size === 0);
  }

  has({ output }: Subscriber): boolean {
    return this.groupOf(output) !== undefined;
  }

  join({ output }: Subscriber, adapter: SocketAdapter): void {
    let group = this.groups.find((one) => one.adapter === adapter);
    if (!group) {
      group = new SubscriberGroup(adapter, this.writeBuffer);
      // `concat` makes an array of exactly this length, `push` one with room for 17.
      this.groups = this.groups.concat(group);
    }
    group.join(output);
  }

  leave({ output }: Subscriber): void {
    for (const group of this.groups) group.leave(output);
  }

  /**
   * Queues the event for the subscribers. `owner`: the account whose inbox delivers it. `skipped`: subscribers that have received it already.
   */
  broadcast(
    event: BusEvent,
    owner: AccountPrincipal | null,
    skipped: ((member: ConnectionView) => boolean) | null,
  ): void {
    for (const group of this.groups) {
      if (group.members.size === 0) continue;
      const encoded = encodeEvent(group.adapter, event, owner, this.observer);
      if (encoded) group.add(encoded, skipped);
    }
  }

  /** Queues a frame for one subscriber, after the frames that are queued already. false: it is not a subscriber. */
  sendInOrder(member: Subscriber, frame: string): boolean {
    const group = this.groupOf(member.output);
    group?.add({ frame, accepts: (one) => one === member }, null);
    return group !== undefined;
  }

  private groupOf(output: BufferedSocket): SubscriberGroup | undefined {
    return this.groups.find(({ members }) => members.has(output));
  }
}
