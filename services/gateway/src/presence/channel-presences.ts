import { Fault, deadlineIn } from '@parley/contracts';
import type { AccountId, AccountPrincipal, BusEventNamed, ChannelId, Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import { systemOf } from '../protocol/scopes.js';
import type { PresenceNotice } from '../protocol/presence-command.js';
import { createMembersReader } from './channel-members.js';
import { ChannelPresence } from './channel-presence.js';
import type { PresenceSubscriber } from './presence-notices.js';
import type { WatchedAccounts } from './watched-accounts.js';

type MembershipEvent = BusEventNamed<'member.added' | 'member.removed'>;

/** Pairs of account and watcher at one gateway. */
const watchedMax = 500_000;
const versionsMax = 1_000;
const readersMax = 500;
const callMs = 5_000;

interface Deps {
  readonly core: Pick<Core, 'topics'>;
  readonly log: Log;
  readonly watched: WatchedAccounts;
  readonly lingerMs: number;
  notify(receivers: Iterable<PresenceSubscriber>, notice: PresenceNotice): void;
  /** The subscriber may not read the channel any more. */
  onRemoved(subscriber: PresenceSubscriber, channelId: ChannelId): void;
}

interface Held {
  readonly channel: ChannelPresence;
  loaded: Promise<void>;
  /** Changes of members that arrive while they are read; null afterwards. */
  early: MembershipEvent[] | null;
}

/** The channels whose presence a connection of this gateway is subscribed to, with their members as topics has them. */
export class ChannelPresences {
  private readonly channels = new Map<ChannelId, Held>();
  private readonly readMembers;

  constructor(private readonly deps: Deps) {
    this.readMembers = createMembersReader(deps.core);
  }

  /** The presence of a channel that the account may read, with its members. Faults of `topics.member.authorize`. */
  async find(channelId: ChannelId, principal: AccountPrincipal): Promise<ChannelPresence> {
    const options = { principal, deadline: deadlineIn(callMs) };
    const { channel } = await this.deps.core.topics.member.authorize({ target: { channelId }, to: 'read' }, options);
    const held = this.channels.get(channelId) ?? this.hold(channelId, principal.realm, channel.membershipVersion);
    this.linger(held.channel);
    await held.loaded;
    return held.channel;
  }

  leave(subscriber: PresenceSubscriber, channelId: ChannelId): void {
    const channel = this.channels.get(channelId)?.channel;
    channel?.subscribers.delete(subscriber);
    if (channel) this.linger(channel);
  }

  /** A membership changed, in any channel. */
  onMembership(event: MembershipEvent): void {
    const held = this.channels.get(event.channel.id);
    if (held?.early) held.early.push(event);
    else if (held) this.apply(held.channel, event);
  }

  /** Events may have been lost: compares the membership versions of all channels with topics, and reads what differs. */
  async compare(): Promise<void> {
    const realms = new Map<Realm, ChannelId[]>();
    for (const { channel } of this.channels.values())
      realms.set(channel.realm, [...(realms.get(channel.realm) ?? []), channel.id]);
    for (const [realm, all] of realms) {
      for (let at = 0; at < all.length; at += versionsMax) {
        const ids = all.slice(at, at + versionsMax);
        const options = { principal: systemOf(realm), deadline: deadlineIn(callMs) };
        for (const { channelId, membershipVersion } of await this.deps.core.topics.channel.versions({ ids }, options)) {
          const one = this.channels.get(channelId);
          if (one && one.channel.membershipVersion < membershipVersion) await this.reload(one, membershipVersion);
        }
      }
    }
  }

  stop(): void {
    for (const { channel } of this.channels.values()) channel.stop();
    this.channels.clear();
  }

  /** `version`: of the membership, before its members are read. */
  private hold(channelId: ChannelId, realm: Realm, version: number): Held {
    if (this.deps.watched.size >= watchedMax) {
      throw new Fault('unavailable', 'overloaded', 'Too much presence is watched', { retryAfterMs: 10_000 });
    }
    const channel = new ChannelPresence(channelId, realm, this.deps);
    channel.membershipVersion = version;
    const held: Held = { channel, loaded: Promise.resolve(), early: [] };
    held.loaded = this.load(held);
    this.channels.set(channelId, held);
    held.loaded.catch(() => this.drop(channel));
    return held;
  }

  private async load(held: Held): Promise<void> {
    const { channel } = held;
    try {
      await channel.setMembers(await this.readMembers(channel.realm, channel.id));
    } finally {
      const early = held.early ?? [];
      held.early = null;
      for (const event of early) this.apply(channel, event);
    }
  }

  /** Reads the members again, and removes subscribers that may not read the channel any more. */
  private async reload(held: Held, version: number): Promise<void> {
    const { channel } = held;
    held.early ??= [];
    await this.load(held);
    const accountIds = [...new Set([...channel.subscribers].map(({ principal }) => principal.accountId))];
    for (let at = 0; at < accountIds.length; at += readersMax) {
      const asked = accountIds.slice(at, at + readersMax);
      const input = { channelId: channel.id, accountIds: asked };
      const options = { principal: systemOf(channel.realm), deadline: deadlineIn(callMs) };
      const may = new Set((await this.deps.core.topics.member.filterReaders(input, options)).accountIds);
      for (const id of asked) if (!may.has(id)) this.evict(channel, id);
    }
    channel.membershipVersion = Math.max(channel.membershipVersion, version);
  }

  private apply(channel: ChannelPresence, event: MembershipEvent): void {
    const { membershipVersion } = event.channel;
    // After a lost event the version stays behind, and the next comparison reads the members.
    if (membershipVersion === channel.membershipVersion + 1) channel.membershipVersion = membershipVersion;
    if (event.name === 'member.added') void channel.addMembers([event.member.accountId]);
    else {
      channel.removeMember(event.accountId);
      this.evict(channel, event.accountId);
    }
  }

  private evict(channel: ChannelPresence, id: AccountId): void {
    for (const one of [...channel.subscribers]) {
      if (one.principal.accountId !== id) continue;
      channel.subscribers.delete(one);
      this.deps.onRemoved(one, channel.id);
    }
    this.linger(channel);
  }

  /** A channel without subscribers is kept for a while: people switch between channels. */
  private linger(channel: ChannelPresence): void {
    if (channel.lingering) clearTimeout(channel.lingering);
    channel.lingering = null;
    if (channel.subscribers.size > 0) return;
    channel.lingering = setTimeout(() => {
      if (this.channels.get(channel.id)?.early) this.linger(channel);
      else if (channel.subscribers.size === 0) this.drop(channel);
    }, this.deps.lingerMs).unref();
  }

  private drop(channel: ChannelPresence): void {
    channel.stop();
    if (this.channels.get(channel.id)?.channel === channel) this.channels.delete(channel.id);
  }
}
