import { Fault, isFault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, BusEventNamed, ChannelId, ConnectionId } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { Core } from '../core.js';
import type { ChannelPresence as PresenceOfChannel } from '../protocol/rest-deps.js';
import type { AccountPresence, PresenceSnapshot, PresenceTarget } from '../protocol/presence-command.js';
import type { Timings } from '../timing/timings.js';
import { ChannelPresences } from './channel-presences.js';
import { createNotices } from './presence-notices.js';
import type { PresenceSubscriber } from './presence-notices.js';
import type { Presence } from './presence.js';
import { WatchedAccounts } from './watched-accounts.js';
import type { Watcher } from './watched-accounts.js';

const channelsMax = 50;
const accountsMax = 500;

interface Deps {
  readonly core: Pick<Core, 'topics'>;
  readonly log: Log;
  readonly presence: Presence;
  readonly writeBuffer: Pick<WriteBuffer, 'send'>;
  readonly timings: Pick<Timings, 'lingerMs' | 'checkMinMs' | 'checkMaxMs'>;
}

/** What one connection is subscribed to. */
interface Subscribed extends Watcher {
  readonly channels: Set<ChannelId>;
  readonly accounts: Set<AccountId>;
}

/** A subscription whose account is being authorized. */
interface Subscribing {
  readonly accountId: AccountId;
  readonly channelId: ChannelId;
  isRemoved: boolean;
}

/** Which connections receive whose presence. */
export class PresenceSubscriptions implements PresenceOfChannel {
  private readonly connections = new Map<ConnectionId, Subscribed>();
  private readonly subscribing = new Set<Subscribing>();
  private readonly watched: WatchedAccounts;
  private readonly channels: ChannelPresences;
  private readonly notices: ReturnType<typeof createNotices>;
  private round: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(private readonly deps: Deps) {
    const { core, log, presence, writeBuffer, timings } = deps;
    this.notices = createNotices(writeBuffer);
    const { notify } = this.notices;
    this.watched = new WatchedAccounts(presence);
    this.channels = new ChannelPresences({
      core,
      log,
      watched: this.watched,
      lingerMs: timings.lingerMs,
      notify,
      onRemoved: ({ id }, channelId) => void this.connections.get(id)?.channels.delete(channelId),
    });
    presence.onHealed(() => void this.compare());
    this.arm();
  }

  /** Resolves to what the answer says, as of when it is encoded. */
  async subscribe(connection: PresenceSubscriber, target: PresenceTarget): Promise<() => PresenceSnapshot> {
    const subscribed = this.subscribedOf(connection);
    return 'channelId' in target
      ? this.subscribeChannel(connection, subscribed, target.channelId)
      : this.subscribeAccounts(connection, subscribed, target.accountIds);
  }

  unsubscribe(connection: PresenceSubscriber, target: PresenceTarget): void {
    const subscribed = this.connections.get(connection.id);
    if (!subscribed) return;
    if ('channelId' in target) {
      subscribed.channels.delete(target.channelId);
      this.channels.leave(connection, target.channelId);
    } else {
      this.watched.remove(subscribed, connection.realm, target.accountIds);
      for (const id of target.accountIds) subscribed.accounts.delete(id);
    }
  }

  async ofChannel(channelId: ChannelId, principal: AccountPrincipal): Promise<PresenceSnapshot> {
    return (await this.channels.find(channelId, principal)).snapshot();
  }

  /** The connection is closed. */
  release(connection: PresenceSubscriber): void {
    const subscribed = this.connections.get(connection.id);
    if (!subscribed) return;
    this.connections.delete(connection.id);
    for (const id of subscribed.channels) this.channels.leave(connection, id);
    this.watched.remove(subscribed, connection.realm, subscribed.accounts);
  }

  onChanged({ realm, accountId, state, version, lastSeenAt: seen }: BusEventNamed<'presence.changed'>): void {
    const lastSeenAt = seen === null ? null : Date.parse(seen);
    this.notices.once(() => this.watched.apply(realm, accountId, { state, version, lastSeenAt }));
  }

  onMembership(event: BusEventNamed<'member.added' | 'member.removed'>): void {
    if (event.name === 'member.removed')
      for (const one of this.subscribing)
        if (one.accountId === event.accountId && one.channelId === event.channel.id) one.isRemoved = true;
    this.channels.onMembership(event);
  }

  /** Events may have been lost: reads again what is watched. Never rejects. */
  async compare(): Promise<void> {
    try {
      await this.channels.compare();
      await this.watched.readAll();
    } catch (error) {
      this.deps.log.warn({ reason: isFault(error) ? error.reason : 'bad_answer' }, 'Presence could not be compared');
    }
  }

  stop(): void {
    if (this.round) clearTimeout(this.round);
    this.round = null;
    this.isStopped = true;
    this.channels.stop();
  }

  /** Compares at random intervals, so that gateways do not call in step. */
  private arm(): void {
    const { checkMinMs, checkMaxMs } = this.deps.timings;
    if (this.isStopped) return;
    this.round = setTimeout(
      () => void this.compare().then(() => this.arm()),
      checkMinMs + Math.random() * (checkMaxMs - checkMinMs),
    ).unref();
  }

  private async subscribeChannel(
    connection: PresenceSubscriber,
    subscribed: Subscribed,
    channelId: ChannelId,
  ): Promise<() => PresenceSnapshot> {
    if (!subscribed.channels.has(channelId) && subscribed.channels.size >= channelsMax) throw tooMany();
    const { accountId } = connection.principal;
    const subscribing: Subscribing = { accountId, channelId, isRemoved: false };
    this.subscribing.add(subscribing);
    subscribed.channels.add(channelId);
    try {
      const channel = await this.channels.find(channelId, connection.principal);
      // What topics answered may be older than a removal that has arrived since.
      if (subscribing.isRemoved) throw new Fault('forbidden', 'not_member', 'Not a member of this channel any more');
      if (connection.isLive && subscribed.channels.has(channelId)) channel.subscribers.add(connection);
      return () => channel.snapshot();
    } catch (error) {
      subscribed.channels.delete(channelId);
      throw error;
    } finally {
      this.subscribing.delete(subscribing);
    }
  }

  private async subscribeAccounts(
    connection: PresenceSubscriber,
    subscribed: Subscribed,
    accountIds: readonly AccountId[],
  ): Promise<() => PresenceSnapshot> {
    const added = accountIds.filter((id) => !subscribed.accounts.has(id));
    if (subscribed.accounts.size + added.length > accountsMax) throw tooMany();
    for (const id of added) subscribed.accounts.add(id);
    await this.watched.add(subscribed, connection.realm, added);
    const asked = [...new Set(accountIds)];
    return () => ({ accounts: asked.map((id) => this.watched.presenceOf(connection.realm, id)), counts: null });
  }

  private subscribedOf(connection: PresenceSubscriber): Subscribed {
    const known = this.connections.get(connection.id);
    if (known) return known;
    const subscribed: Subscribed = {
      channels: new Set(),
      accounts: new Set(),
      onChange: (change: AccountPresence) => this.notices.notify([connection], { type: 'presence.changed', ...change }),
    };
    this.connections.set(connection.id, subscribed);
    connection.own(this);
    return subscribed;
  }
}

const tooMany = (): Fault =>
  new Fault('exhausted', 'too_many_subscriptions', 'This connection is subscribed to as much presence as it may be');
