import type { AccountId, Realm } from '@parley/contracts';
import type { Core } from '../core.js';
import type { StreamMember } from './member.js';
import type { Stream } from './stream.js';
import { systemOf } from '../protocol/scopes.js';

const accountsMax = 500;
/** A join is committed a moment after the time that it carries. */
const marginMs = 30_000;

/** Finds joins whose events the bus lost, for connections that receive a channel as soon as their account joins it. */
export class MissedJoinDetector {
  private foundUpTo = performance.now();

  constructor(private readonly deps: { readonly core: Core; streams(): Iterable<Stream> }) {}

  async check(): Promise<void> {
    const askedAt = performance.now();
    const withinMs = Math.ceil(askedAt - this.foundUpTo) + marginMs;
    for (const [realm, followers] of followersByRealm(this.deps.streams())) {
      const ids = [...followers.keys()];
      for (let at = 0; at < ids.length; at += accountsMax) {
        await this.find(realm, followers, { accountIds: ids.slice(at, at + accountsMax), withinMs });
      }
    }
    this.foundUpTo = askedAt;
  }

  private async find(
    realm: Realm,
    followers: ReadonlyMap<AccountId, readonly StreamMember[]>,
    asked: { readonly accountIds: AccountId[]; readonly withinMs: number },
  ): Promise<void> {
    type Page = Awaited<ReturnType<Core['topics']['member']['recentJoins']>>;
    for (let after: Page['next'] | undefined; after !== null;) {
      const input = { ...asked, ...(after && { after }) };
      const { joins, next }: Page = await this.deps.core.topics.member.recentJoins(input, {
        principal: systemOf(realm),
      });
      for (const { accountId, channelId, kind, joinedAt } of joins) {
        const joined = { channel: { id: channelId, kind }, member: { joinedAt } };
        for (const connection of followers.get(accountId) ?? []) connection.follow(joined);
      }
      after = next;
    }
  }
}

const followersByRealm = (streams: Iterable<Stream>): Map<Realm, Map<AccountId, StreamMember[]>> => {
  const realms = new Map<Realm, Map<AccountId, StreamMember[]>>();
  for (const stream of streams) {
    if (stream.isChannel) continue;
    const following = [...stream.attached].filter(({ adapter }) => adapter.joinsLive);
    if (following.length === 0) continue;
    const accounts = realms.get(stream.realm) ?? new Map<AccountId, StreamMember[]>();
    realms.set(stream.realm, accounts.set(stream.accountId, following));
  }
  return realms;
};
