import type { ChannelId, ChannelSnapshot } from '@parley/contracts';
import type { Attached } from '../protocol/dialect.js';

/** The channels of a connection, in the order in which they were added. Most have one, which takes no table. */
export class AttachedChannels implements Attached {
  private only: ChannelSnapshot | null = null;
  /** From the second channel on. */
  private all: Map<ChannelId, ChannelSnapshot> | null = null;

  get size(): number {
    if (this.all) return this.all.size;
    return this.only ? 1 : 0;
  }

  get(id: ChannelId): ChannelSnapshot | undefined {
    if (this.all) return this.all.get(id);
    return this.only?.id === id ? this.only : undefined;
  }

  has(id: ChannelId): boolean {
    return this.get(id) !== undefined;
  }

  keys(): MapIterator<ChannelId> {
    return (this.all ?? new Map(this.only && [[this.only.id, this.only]])).keys();
  }

  /** Replaces what is known of the channel. */
  set(channel: ChannelSnapshot): void {
    if (this.all) this.all.set(channel.id, channel);
    else if (!this.only || this.only.id === channel.id) this.only = channel;
    else {
      this.all = new Map([this.only, channel].map((one) => [one.id, one]));
      this.only = null;
    }
  }

  /** false: it was not among them. */
  delete(id: ChannelId): boolean {
    if (this.all) return this.all.delete(id);
    if (this.only?.id !== id) return false;
    this.only = null;
    return true;
  }
}
