import type { AccountId, ChannelId, PresenceState, Realm } from '@parley/contracts';
import type { AccountPresence, PresenceNotice, PresenceSnapshot } from '../protocol/presence-command.js';
import type { WatchedAccounts, Watcher } from './watched-accounts.js';
import type { PresenceSubscriber } from './presence-notices.js';

/** Channels with more members have counts instead of a list. */
const listedMax = 100;
/** Between two counts of a channel. */
const countMs = 1_000;

interface Deps {
  readonly watched: WatchedAccounts;
  notify(receivers: Iterable<PresenceSubscriber>, notice: PresenceNotice): void;
}

/** The presence of one channel's members at this gateway, shared by all who look at it. */
export class ChannelPresence implements Watcher {
  readonly subscribers = new Set<PresenceSubscriber>();
  /** The newest membership version that is known; the members are at least those of it. */
  membershipVersion = 0;
  /** Drops the channel if it has no subscriber then. */
  lingering: NodeJS.Timeout | null = null;
  private members: ReadonlySet<AccountId> & Set<AccountId> = new Set();
  private online = 0;
  private away = 0;
  private isListed = true;
  private sent = '';
  private sentAt = -Infinity;
  private counting: NodeJS.Timeout | null = null;

  constructor(
    readonly id: ChannelId,
    readonly realm: Realm,
    private readonly deps: Deps,
  ) {}

  get size(): number {
    return this.members.size;
  }

  /** Replaces the members by these. */
  async setMembers(ids: ReadonlySet<AccountId>): Promise<void> {
    const gone = [...this.members].filter((id) => !ids.has(id));
    const added = [...ids].filter((id) => !this.members.has(id));
    for (const id of gone) this.removeMember(id);
    await this.addMembers(added);
  }

  async addMembers(ids: readonly AccountId[]): Promise<void> {
    const added = ids.filter((id) => !this.members.has(id));
    for (const id of added) this.members.add(id);
    if (this.members.size > listedMax) this.isListed = false;
    await this.deps.watched.add(this, this.realm, added);
    if (added.length > 0) this.countLater();
  }

  removeMember(id: AccountId): void {
    if (!this.members.delete(id)) return;
    this.move(this.deps.watched.stateOf(this.realm, id), 'offline');
    this.deps.watched.remove(this, this.realm, [id]);
    this.countLater();
  }

  onChange(change: AccountPresence, before: PresenceState): void {
    this.move(before, change.state);
    if (this.isListed) this.deps.notify(this.subscribers, { type: 'presence.changed', ...change });
    else this.countLater();
  }

  /** A channel that has become small enough is listed from the next snapshot on, to all. */
  snapshot(): PresenceSnapshot {
    if (!this.isListed && this.members.size <= listedMax) this.list();
    const accounts = this.isListed ? [...this.members].map((id) => this.presenceOf(id)) : [];
    return { accounts, counts: this.counts() };
  }

  stop(): void {
    if (this.counting) clearTimeout(this.counting);
    if (this.lingering) clearTimeout(this.lingering);
    this.deps.watched.remove(this, this.realm, this.members);
    this.members.clear();
    this.subscribers.clear();
  }

  private list(): void {
    this.isListed = true;
    for (const id of this.members) {
      const presence = this.presenceOf(id);
      if (presence.state !== 'offline') this.deps.notify(this.subscribers, { type: 'presence.changed', ...presence });
    }
  }

  private presenceOf(id: AccountId): AccountPresence {
    return this.deps.watched.presenceOf(this.realm, id);
  }

  private counts() {
    return { members: this.members.size, online: this.online, away: this.away };
  }

  private move(from: PresenceState, to: PresenceState): void {
    if (from !== 'offline') this[from] -= 1;
    if (to !== 'offline') this[to] += 1;
  }

  /** At most once in `countMs`, and only what differs from the last counts. */
  private countLater(): void {
    if (this.isListed || this.counting || this.subscribers.size === 0) return;
    const waitMs = Math.max(0, this.sentAt + countMs - performance.now());
    this.counting = setTimeout(() => this.count(), waitMs).unref();
  }

  private count(): void {
    this.counting = null;
    const counts = this.counts();
    const key = `${counts.members} ${counts.online} ${counts.away}`;
    if (this.isListed || key === this.sent) return;
    this.sent = key;
    this.sentAt = performance.now();
    this.deps.notify(this.subscribers, { type: 'presence.counted', channelId: this.id, ...counts });
  }
}
