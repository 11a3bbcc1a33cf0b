import { isDeepStrictEqual } from 'node:util';
import {
  type AccountId,
  type AccountPrincipal,
  type Authorization,
  type ChannelId,
  type Client,
  type Target,
  type Topics,
  type TraceHeaders,
  isFault,
  notFound,
} from '@parley/contracts';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';

/** What a caller may ask for in a channel. */
type Permission = 'read' | 'write';

export interface Authorizer {
  /** Resolves when the account has the permission; rejects with the faults of `topics.member.authorize`. */
  authorize(target: Target, to: Permission, principal: AccountPrincipal, trace?: TraceHeaders): Promise<Authorization>;
  /**
   * A member was added, removed or changed: that account's entries are dropped, other entries get the new version. In a direct channel
   * the other account's entries are dropped too: whether it may write depends on its partner.
   */
  memberChanged(channelId: ChannelId, accountId: AccountId, membershipVersion: number): void;
  /** The channel itself changed: all its entries are dropped. */
  channelChanged(channelId: ChannelId): void;
  /** Events may have been missed: the whole cache is dropped. */
  forgetAll(): void;
}

interface Held {
  readonly accountId: AccountId;
  /** Replaced, never changed: topics may be in this process, and the object its own. */
  authorization: Authorization;
  /** The version in the reply; events about other members may have raised the channel's since. */
  readonly answeredVersion: number;
  /** From this moment on a use of the entry renews it in the background. */
  readonly renewAt: number;
}

/** Replies from before this version of a channel's members are outdated. */
interface Invalidation {
  readonly channelId: ChannelId;
  readonly version: number;
}

interface Asking {
  readonly key: string;
  readonly target: Target;
  readonly accountId: AccountId;
  readonly answer: Promise<Authorization>;
  /** Invalidations that arrived during the call: a reply from before them is not cached. */
  readonly invalidations: Invalidation[];
}

export interface AuthorizerOptions {
  readonly topics: { readonly member: Pick<Client<Topics>['member'], 'authorize'> };
  readonly maxAgeMs: number;
  readonly clock: () => number;
  /** A number from 0 to 1 for each entry; random by default. */
  readonly jitter?: () => number;
  /** Calls `work` after so many milliseconds; `setTimeout` by default. */
  readonly after?: (ms: number, work: () => void) => void;
}

/** An entry that is used is renewed in this part of its age. */
const renewFrom = 0.5;
const renewTo = 0.9;
/** Renewals are gathered for this part of an entry's age: those of one turn travel as one message and are one statement of topics. */
const renewGather = 0.025;

const heldMax = 50_000;

/**
 * Calls topics, caches positive replies for a while, and makes one call for identical concurrent requests. Entries in use are renewed before
 * they end: no send waits for that, and entries that were made at once do not end at once.
 */
export const createAuthorizer = (options: AuthorizerOptions): Authorizer => {
  const { topics, maxAgeMs, clock, jitter = Math.random, after = later } = options;
  const keysByChannel = new Map<ChannelId, Set<string>>();
  /** `asking`: calls whose reply new requests may share. `out`: all calls in flight; invalidations apply to them until they return. */
  const asking = new Map<string, Asking>();
  const out = new Set<Asking>();
  /** Renewals of the entries that were used since the last ones were made. */
  const due = new Map<string, () => void>();
  const held = new LRUCache<string, Held>({
    ...atMost(heldMax),
    // lru-cache takes 0 for "for ever".
    ttl: Math.max(maxAgeMs, 1),
    ttlResolution: 0,
    perf: { now: clock },
    dispose: ({ authorization }, key, why) => {
      if (why !== 'set') forgetKey(keysByChannel, authorization.channel.id, key);
    },
  });

  const keep = (key: string, accountId: AccountId, authorization: Authorization, askedAt: number): void => {
    if (maxAgeMs === 0) return;
    const { id, membershipVersion } = authorization.channel;
    const known = held.peek(key);
    // Replies may overtake each other.
    if ((known?.answeredVersion ?? 0) > membershipVersion) return;
    // Nearly every renewal. The object that is held is old already: another one in its place would be garbage that only a full collection frees.
    const kept = known && isDeepStrictEqual(known.authorization, authorization) ? known.authorization : authorization;
    const keys = keysByChannel.get(id) ?? new Set();
    keysByChannel.set(id, keys.add(key));
    // Its age counts from the request, not from the reply.
    const renewAt = askedAt + maxAgeMs * (renewFrom + (renewTo - renewFrom) * jitter());
    const entry = { accountId, authorization: kept, answeredVersion: membershipVersion, renewAt };
    held.set(key, entry, { start: askedAt });
  };

  const ask = (
    key: string,
    target: Target,
    to: Permission,
    principal: AccountPrincipal,
    trace?: TraceHeaders,
  ): Promise<Authorization> => {
    const askedAt = clock();
    // Without the caller's deadline: others may wait for the same reply with later deadlines.
    const answer = topics.member.authorize({ target, to }, { principal, trace }).then((authorization) => {
      if (authorization.channel.realm !== principal.realm) throw notFound('channel');
      if (!isOutdated(authorization, question.invalidations)) keep(key, principal.accountId, authorization, askedAt);
      return authorization;
    });
    const question: Asking = { key, target, accountId: principal.accountId, answer, invalidations: [] };
    asking.set(key, question);
    out.add(question);
    const done = (): void => {
      out.delete(question);
      if (asking.get(key) === question) asking.delete(key);
    };
    answer.then(done, done);
    return answer;
  };

  const renew = (key: string, target: Target, to: Permission, principal: AccountPrincipal): void => {
    // Topics that are gone or slow cost nothing while the entry holds; topics that refuse end it.
    ask(key, target, to, principal).catch((error: unknown) => {
      if (isFault(error) && (error.code === 'forbidden' || error.code === 'not_found')) held.delete(key);
    });
  };

  const renewDue = (): void => {
    const renewals = [...due];
    due.clear();
    for (const [key, begin] of renewals) if (held.has(key) && !asking.has(key)) begin();
  };

  const renewSoon = (key: string, begin: () => void): void => {
    if (asking.has(key) || due.has(key)) return;
    due.set(key, begin);
    if (due.size === 1) after(maxAgeMs * renewGather, renewDue);
  };

  /** A request made from now on gets a reply from after this moment. */
  const distrustAnswersUnderWay = (invalidations: Invalidation, isConcerned: (question: Asking) => boolean): void => {
    for (const question of out) {
      if (!isConcerned(question)) continue;
      question.invalidations.push(invalidations);
      if (asking.get(question.key) === question) asking.delete(question.key);
    }
  };

  return {
    authorize: async (target, to, principal, trace) => {
      const key = keyOf(target, to, principal);
      const entry = held.get(key);
      if (entry === undefined) return asking.get(key)?.answer ?? ask(key, target, to, principal, trace);
      if (clock() >= entry.renewAt) renewSoon(key, () => renew(key, target, to, principal));
      return entry.authorization;
    },
    memberChanged: (channelId, accountId, membershipVersion) => {
      const invalidations = { channelId, version: membershipVersion };
      distrustAnswersUnderWay(invalidations, (question) => mayBeAbout(question, channelId, accountId));
      for (const key of [...(keysByChannel.get(channelId) ?? [])]) {
        const one = held.peek(key);
        if (one === undefined || one.answeredVersion >= membershipVersion) continue;
        const { channel } = one.authorization;
        if (one.accountId === accountId || channel.kind === 'direct') held.delete(key);
        else if (channel.membershipVersion < membershipVersion)
          one.authorization = { ...one.authorization, channel: { ...channel, membershipVersion } };
      }
    },
    channelChanged: (channelId) => {
      distrustAnswersUnderWay({ channelId, version: Infinity }, (question) => mayBeAbout(question, channelId));
      for (const key of [...(keysByChannel.get(channelId) ?? [])]) held.delete(key);
    },
    forgetAll: () => {
      for (const { invalidations } of out) invalidations.push(everything);
      asking.clear();
      held.clear();
    },
  };
};

const later = (ms: number, work: () => void): void => void setTimeout(work, ms).unref();

const everything: Invalidation = { channelId: '*' as ChannelId, version: Infinity };

const isOutdated = ({ channel }: Authorization, invalidations: readonly Invalidation[]): boolean =>
  invalidations.some(
    (one) => one === everything || (one.channelId === channel.id && channel.membershipVersion < one.version),
  );

/** The channel of a direct target is not known yet, but its two accounts are. */
const mayBeAbout = ({ target, accountId: asker }: Asking, channelId: ChannelId, accountId?: AccountId): boolean => {
  if ('channelId' in target) return target.channelId === channelId;
  return accountId === undefined || accountId === asker || accountId === target.directWith;
};

const keyOf = (target: Target, to: Permission, { realm, accountId }: AccountPrincipal): string => {
  const place = 'channelId' in target ? target.channelId : `with ${target.directWith}`;
  return `${realm} ${accountId} ${place} ${to}`;
};

const forgetKey = (keysByChannel: Map<ChannelId, Set<string>>, channelId: ChannelId, key: string): void => {
  const keys = keysByChannel.get(channelId);
  keys?.delete(key);
  if (keys?.size === 0) keysByChannel.delete(channelId);
};
