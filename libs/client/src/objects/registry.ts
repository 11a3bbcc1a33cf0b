import { messageIdOf } from '../entries.js';
import type { Notifications } from '../protocol.js';
import type { Entry, SavedMessage } from '../types.js';
import { ChannelObject } from './channel.js';
import type { Shared } from './channel-base.js';
import { ChannelListObject } from './channel-list.js';
import type { Hub } from './hub.js';
import { PreferencesObject } from './preferences.js';
import { PresenceObject } from './presence.js';
import { ReceiptReporter } from './receipt-reporter.js';
import { SendQueue } from './send-queue.js';
import type { PreferenceValues } from './types.js';

interface Receipt {
  readonly channelId: string;
  readonly accountId: string;
  readonly read: number;
  readonly delivered: number;
}

/** The objects of a client: one for each channel that is held or used. */
export class Registry {
  readonly presence: PresenceObject;
  readonly preferences: PreferencesObject;
  readonly channels: ChannelListObject;
  readonly queue: SendQueue;
  readonly receipts: ReceiptReporter;
  /** Channels in use. Others are kept as long as the application holds them. */
  readonly #used = new Map<string, ChannelObject>();
  readonly #known = new Map<string, WeakRef<ChannelObject>>();
  readonly #forgotten = new FinalizationRegistry<string>((id) => {
    if (!this.#known.get(id)?.deref()) this.#known.delete(id);
  });
  readonly #shared: Shared;

  constructor(private readonly hub: Hub) {
    this.presence = new PresenceObject(hub);
    this.preferences = new PreferencesObject(hub);
    this.receipts = new ReceiptReporter(hub);
    this.queue = new SendQueue(hub, (channelId) => this.#used.get(channelId)?.refresh());
    this.#shared = {
      hub,
      queue: this.queue,
      receipts: this.receipts,
      presence: this.presence,
      onUse: (id, isUsed) => {
        if (isUsed) this.#used.set(id, this.channel(id));
        else this.#used.delete(id);
      },
    };
    this.channels = new ChannelListObject(hub, (id) => this.channel(id));
  }

  channel(id: string): ChannelObject {
    const known = this.#known.get(id)?.deref();
    if (known) return known;
    const channel = new ChannelObject(id, this.#shared);
    this.#known.set(id, new WeakRef(channel));
    this.#forgotten.register(channel, id);
    return channel;
  }

  restore(outbox: readonly SavedMessage[] = []): void {
    this.queue.restore(outbox);
  }

  /** An entry of a stream. */
  entry(entry: Entry, isInbox: boolean): void {
    const { channelId } = entry;
    const isForeign = entry.kind === 'message.created' && entry.message.sender.id !== this.hub.accountId();
    if (isInbox && isForeign && this.hub.reportsDelivered) this.receipts.delivered(channelId, entry.sequence);
    this.#used.get(channelId)?.entry(entry);
    if (isInbox) this.channels.entry(entry);
    else if (!this.#used.has(channelId))
      this.hub.log('debug', 'an entry of an unused channel', { id: messageIdOf(entry) });
  }

  /** Entries of a channel were missed. */
  missed(channelId: string): void {
    this.#used.get(channelId)?.missed();
  }

  refused(channelId: string | null, error: unknown): void {
    if (channelId !== null) this.#used.get(channelId)?.refused(error);
  }

  connected(): void {
    this.presence.connected();
    this.preferences.connected();
    this.receipts.flush();
    this.channels.connected();
    for (const channel of this.#used.values()) channel.reconnected();
  }

  stop(error: unknown): void {
    this.receipts.stop(error);
    for (const channel of this.#used.values()) channel.end();
  }

  /** A notification that is no entry. */
  notified(method: string, params: Record<string, unknown>): void {
    const channel = this.#used.get(params['channelId'] as string);
    switch (method) {
      case 'typing.started':
        return channel?.typing.started((params as Notifications['typing.started']).account);
      case 'receipt.changed':
        return channel?.receiptChanged(params as unknown as Receipt);
      case 'presence.changed':
        return this.presence.changed(params as never);
      case 'presence.counted':
        return this.presence.counted(params as never);
      case 'preferences.changed':
        return this.preferences.set(params as unknown as PreferenceValues);
      default:
        this.#memberNews(method, params);
    }
  }

  #memberNews(method: string, params: Record<string, unknown>): void {
    if (method === 'channel.changed') {
      const changed = params as Notifications['channel.changed'];
      this.#used.get(changed.channel.id)?.channelChanged(changed);
    }
    if (!method.startsWith('member.')) return;
    const channelId = params['channelId'] as string;
    const channel = this.#used.get(channelId);
    this.presence.membersChanged(channelId);
    if (method === 'member.removed') {
      const accountId = params['accountId'] as string;
      channel?.members.remove(accountId);
      if (accountId === this.hub.accountId()) this.channels.left(channelId);
      return;
    }
    const added = params as Notifications['member.added'];
    channel?.members.put(added);
    if (method !== 'member.added' || added.member.accountId !== this.hub.accountId()) return;
    channel?.restart();
    this.channels.joined(channelId);
  }
}
