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
type Wish = 'read' | 'write';

export interface Authorizer {
  /** Resolves when the account may; rejects with the faults of `topics.member.authorize`. */
  authorize(target: Target, to: Wish, principal: AccountPrincipal): Promise<Authorization>;
  /** Somebody came, went or changed: that account is asked for again, the others' answers learn the new version. */
  memberChanged(channelId: ChannelId, accountId: AccountId, membershipVersion: number): void;
  /** The channel itself changed: everybody is asked for again. */
  channelChanged(channelId: ChannelId): void;
  /** Facts may have been missed: nothing that is held counts any more. */
  forgetAll(): void;
}

interface Held {
  readonly accountId: AccountId;
  readonly authorization: Authorization;
}

interface Asking {
  readonly channelId: ChannelId | null;
  readonly answer: Promise<Authorization>;
  /** A fact came while the question was out: the answer may be older than the fact, so it is not kept. */
  isStale: boolean;
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
  const asking = new Map<string, Asking>();
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
    const { id } = authorization.channel;
    const keys = keysByChannel.get(id) ?? new Set();
    keysByChannel.set(id, keys.add(key));
    // Its age counts from the question, not from the answer.
    held.set(key, { accountId, authorization }, { start: askedAt });
  };

  const ask = (key: string, target: Target, to: Wish, principal: AccountPrincipal): Promise<Authorization> => {
    const askedAt = clock();
    // Without the caller's deadline: others may be waiting for the same answer, and theirs may be later.
    const answer = topics.member.authorize({ target, to }, { principal }).then((authorization) => {
      if (authorization.channel.realm !== principal.realm) throw notFound('channel');
      if (!question.isStale) keep(key, principal.accountId, authorization, askedAt);
      return authorization;
    });
    const question: Asking = { channelId: 'channelId' in target ? target.channelId : null, answer, isStale: false };
    asking.set(key, question);
    const done = (): void => {
      if (asking.get(key) === question) asking.delete(key);
    };
    answer.then(done, done);
    return answer;
  };

  /** Whoever asks from now on gets an answer from after this moment. Of a `directWith` the channel is not known yet. */
  const distrustAnswersUnderWay = (channelId: ChannelId | 'all'): void => {
    for (const [key, question] of asking) {
      if (channelId !== 'all' && question.channelId !== null && question.channelId !== channelId) continue;
      question.isStale = true;
      asking.delete(key);
    }
  };

  return {
    authorize: async (target, to, principal) => {
      const key = keyOf(target, to, principal);
      return held.get(key)?.authorization ?? asking.get(key)?.answer ?? ask(key, target, to, principal);
    },
    memberChanged: (channelId, accountId, membershipVersion) => {
      distrustAnswersUnderWay(channelId);
      for (const key of [...(keysByChannel.get(channelId) ?? [])]) {
        const one = held.peek(key);
        if (one === undefined) continue;
        if (one.accountId === accountId) held.delete(key);
        else
          one.authorization.channel.membershipVersion = Math.max(
            one.authorization.channel.membershipVersion,
            membershipVersion,
          );
      }
    },
    channelChanged: (channelId) => {
      distrustAnswersUnderWay(channelId);
      for (const key of [...(keysByChannel.get(channelId) ?? [])]) held.delete(key);
    },
    forgetAll: () => {
      distrustAnswersUnderWay('all');
      held.clear();
    },
  };
};

const keyOf = (target: Target, to: Wish, { realm, accountId }: AccountPrincipal): string => {
  const place = 'channelId' in target ? target.channelId : `with ${target.directWith}`;
  return `${realm} ${accountId} ${place} ${to}`;
};

const forgetKey = (keysByChannel: Map<ChannelId, Set<string>>, channelId: ChannelId, key: string): void => {
  const keys = keysByChannel.get(channelId);
  keys?.delete(key);
  if (keys?.size === 0) keysByChannel.delete(channelId);
};
