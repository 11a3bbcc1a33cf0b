import {
  type AccountId,
  type AccountPrincipal,
  type Authorization,
  type ChannelId,
  type Client,
  type Target,
  type Topics,
  notFound,
} from '@parley/contracts';
import { LRUCache } from 'lru-cache';

/** What may be asked of a channel here. */
type Permission = 'read' | 'write';

export interface Authorizer {
  /** Resolves when the account may; rejects with the faults of `topics.member.authorize`. */
  authorize(target: Target, to: Permission, principal: AccountPrincipal): Promise<Authorization>;
  /**
   * Somebody came, went or changed: that account is asked for again, the others' answers learn the new version. In a direct channel
   * the other account is asked for again too: whether it may write depends on its partner.
   */
  memberChanged(channelId: ChannelId, accountId: AccountId, membershipVersion: number): void;
  /** The channel itself changed: everybody is asked for again. */
  channelChanged(channelId: ChannelId): void;
  /** Facts may have been missed: nothing that is held counts any more. */
  forgetAll(): void;
}

interface Held {
  readonly accountId: AccountId;
  readonly authorization: Authorization;
  /** As the answer said it; facts about others may have moved that of the channel since. */
  readonly answeredVersion: number;
}

/** Everything before this version of a channel's members is outdated. */
interface Invalidation {
  readonly channelId: ChannelId;
  readonly version: number;
}

interface Asking {
  readonly key: string;
  readonly target: Target;
  readonly accountId: AccountId;
  readonly answer: Promise<Authorization>;
  /** What became known while the question was out: an answer from before it is not kept. */
  readonly invalidations: Invalidation[];
}

export interface AuthorizerOptions {
  readonly topics: { readonly member: Pick<Client<Topics>['member'], 'authorize'> };
  readonly maxAgeMs: number;
  readonly clock: () => number;
}

const heldMax = 50_000;

/** Asks topics, keeps positive answers for a while, and asks equal questions once at a time. */
export const createAuthorizer = ({ topics, maxAgeMs, clock }: AuthorizerOptions): Authorizer => {
  const keysByChannel = new Map<ChannelId, Set<string>>();
  /** Those whose answer newcomers may wait for, and all that are out: news concern these until they are answered. */
  const asking = new Map<string, Asking>();
  const out = new Set<Asking>();
  const held = new LRUCache<string, Held>({
    max: heldMax,
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
    // Answers may overtake each other.
    if ((held.peek(key)?.answeredVersion ?? 0) > membershipVersion) return;
    const keys = keysByChannel.get(id) ?? new Set();
    keysByChannel.set(id, keys.add(key));
    // Its age counts from the question, not from the answer.
    held.set(key, { accountId, authorization, answeredVersion: membershipVersion }, { start: askedAt });
  };

  const ask = (key: string, target: Target, to: Permission, principal: AccountPrincipal): Promise<Authorization> => {
    const askedAt = clock();
    // Without the caller's deadline: others may be waiting for the same answer, and theirs may be later.
    const answer = topics.member.authorize({ target, to }, { principal }).then((authorization) => {
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

  /** Whoever asks from now on gets an answer from after this moment. */
  const distrustAnswersUnderWay = (invalidations: Invalidation, isConcerned: (question: Asking) => boolean): void => {
    for (const question of out) {
      if (!isConcerned(question)) continue;
      question.invalidations.push(invalidations);
      if (asking.get(question.key) === question) asking.delete(question.key);
    }
  };

  return {
    authorize: async (target, to, principal) => {
      const key = keyOf(target, to, principal);
      return held.get(key)?.authorization ?? asking.get(key)?.answer ?? ask(key, target, to, principal);
    },
    memberChanged: (channelId, accountId, membershipVersion) => {
      const invalidations = { channelId, version: membershipVersion };
      distrustAnswersUnderWay(invalidations, (question) => mayBeAbout(question, channelId, accountId));
      for (const key of [...(keysByChannel.get(channelId) ?? [])]) {
        const one = held.peek(key);
        if (one === undefined || one.answeredVersion >= membershipVersion) continue;
        const { channel } = one.authorization;
        if (one.accountId === accountId || channel.kind === 'direct') held.delete(key);
        else channel.membershipVersion = Math.max(channel.membershipVersion, membershipVersion);
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

const everything: Invalidation = { channelId: '*' as ChannelId, version: Infinity };

const isOutdated = ({ channel }: Authorization, invalidations: readonly Invalidation[]): boolean =>
  invalidations.some(
    (one) => one === everything || (one.channelId === channel.id && channel.membershipVersion < one.version),
  );

/** Of a pair the channel is not known yet, but who is in it. */
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
