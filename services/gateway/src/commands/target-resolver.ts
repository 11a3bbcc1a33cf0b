import { notFound } from '@parley/contracts';
import type {
  AccountId,
  AccountPrincipal,
  AccountReference,
  ChannelId,
  ChannelSnapshot,
  Realm,
  Target,
  TraceHeaders,
} from '@parley/contracts';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import type { Core } from '../core.js';
import type { ChannelAddress, NamedChannel } from '../protocol/channel-command.js';
import type { Attached } from '../protocol/dialect.js';
import type { Address } from '../protocol/message-command.js';
import type { Presence } from '../presence/presence.js';
import { systemOf } from '../protocol/scopes.js';

const accountsMax = 20_000;
const channelsMax = 5_000;
/** Names of channels and accounts do not change; this only bounds how long a deleted one is still used. */
const keptMs = 60_000;
const pageMax = 500;
const memberLists = 200;

interface Named {
  readonly id: ChannelId;
  readonly kind: ChannelSnapshot['kind'];
}

/** Where a message goes. */
export interface Resolved {
  readonly target: Target;
  /** Left out: presence was not checked yet. */
  readonly isHere?: true;
  /** Only a member may write to it, although it is a room. */
  readonly membersOnly?: true;
}

/** What names are resolved for. */
interface TargetCaller {
  readonly principal: AccountPrincipal;
  readonly connection: { readonly attached: Attached } | null;
  readonly trace?: TraceHeaders | undefined;
}

/** Resolves the names that clients use to the targets of messages, and counts the connected accounts that a message reaches. */
export class TargetResolver {
  private readonly accounts = new LRUCache<string, AccountId>({ ...atMost(accountsMax), ttl: keptMs });
  private readonly channels = new LRUCache<string, Named>({ ...atMost(channelsMax), ttl: keptMs });
  private readonly members = new LRUCache<ChannelId, { version: number; ids: AccountId[] }>(atMost(memberLists));

  constructor(private readonly deps: { readonly core: Core; readonly presence: Presence }) {}

  async resolve(caller: TargetCaller, address: Address): Promise<Resolved> {
    if ('directWithHandle' in address) return this.withHandle(caller, address.directWithHandle);
    if (!('slug' in address) && !('number' in address)) return { target: address };
    const { id, kind } = await this.named(caller, address);
    const target = { channelId: id };
    // Any account may write to a room; a client that names it like a topic or a conversation must be a member, as there.
    return kind === 'room' && !caller.connection?.attached.has(id) ? { target, membersOnly: true } : { target };
  }

  /** Throws `not_found` `channel_not_found` for a name that no channel of these kinds has. */
  async channelOf(caller: TargetCaller, address: ChannelAddress): Promise<ChannelId> {
    return 'channelId' in address ? address.channelId : (await this.named(caller, address)).id;
  }

  /**
   * Several devices may have one handle. A message goes to the oldest of them that is connected, so that one that registered later does not
   * receive its messages; if none is connected, to the one that auth finds, for which it is kept. A device that names its own handle means
   * itself.
   */
  private async withHandle(caller: TargetCaller, handle: string): Promise<Resolved> {
    const { principal } = caller;
    const { realm } = principal;
    if (handle === principal.handle) return { target: { directWith: principal.accountId } };
    const connected = await this.deps.presence.oldestWithHandle(realm, handle);
    if (connected) return { target: { directWith: connected }, isHere: true };
    return { target: { directWith: await this.accountOf(caller, { handle }) } };
  }

  async isHere(realm: Realm, id: AccountId): Promise<boolean> {
    return (await this.deps.presence.online(realm, [id])).has(id);
  }

  /** The number of connected members, without the sender. */
  async count(realm: Realm, channel: ChannelSnapshot, except: AccountId): Promise<number> {
    const ids = await this.membersOf(realm, channel);
    const online = await this.deps.presence.online(realm, ids);
    return online.size - (online.has(except) ? 1 : 0);
  }

  /** Throws `not_found` `account_not_found` for a name that no account has. */
  async accountOf({ principal, trace }: TargetCaller, reference: AccountReference): Promise<AccountId> {
    const key = `${principal.realm} ${JSON.stringify(reference)}`;
    const known = this.accounts.get(key);
    if (known) return known;
    const found = await this.deps.core.auth.account.find({ reference }, { principal, trace });
    if (!found) throw notFound('account');
    this.accounts.set(key, found.id);
    return found.id;
  }

  private async named(caller: TargetCaller, name: NamedChannel): Promise<Named> {
    const key = `${caller.principal.realm} ${'slug' in name ? `slug ${name.slug}` : `number ${name.number}`}`;
    const known = this.channels.get(key) ?? (await this.findNamed(caller, name, key));
    if ('kinds' in name && !name.kinds.includes(known.kind)) throw notFound('channel');
    return known;
  }

  /** By number, also a channel that the caller may not see: the owner of the data refuses it as `not_member`. */
  private async findNamed({ principal, trace }: TargetCaller, name: NamedChannel, key: string): Promise<Named> {
    const [reference, asked] =
      'slug' in name ? [{ slug: name.slug }, principal] : [{ number: name.number }, systemOf(principal.realm)];
    const { id, kind } = await this.deps.core.topics.channel.get({ reference }, { principal: asked, trace });
    this.channels.set(key, { id, kind });
    return { id, kind };
  }

  private async membersOf(realm: Realm, { id, membershipVersion }: ChannelSnapshot): Promise<readonly AccountId[]> {
    const known = this.members.get(id);
    if (known && known.version >= membershipVersion) return known.ids;
    const ids: AccountId[] = [];
    let after: AccountId | null = null;
    do {
      const input = { channelId: id, limit: pageMax, ...(after !== null && { after }) };
      const page: Awaited<ReturnType<Core['topics']['member']['list']>> = await this.deps.core.topics.member.list(
        input,
        {
          principal: systemOf(realm),
        },
      );
      ids.push(...page.members.map(({ accountId }) => accountId));
      after = page.next;
    } while (after !== null);
    this.members.set(id, { version: membershipVersion, ids });
    return ids;
  }
}
