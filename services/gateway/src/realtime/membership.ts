import { isFault, deadlineIn } from '@parley/contracts';
import type { AccountId, ChannelSnapshot, FactNamed } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import { systemOf } from './heads.js';
import type { Receiver } from './outbox.js';
import type { Stream } from './stream.js';

export type MembershipFact = FactNamed<'member.added' | 'member.changed' | 'member.removed'>;
type Removed = FactNamed<'member.removed'>;
/** What has to be known of a join to hear the channel from that moment on. */
export interface Joining {
  readonly channel: Pick<ChannelSnapshot, 'id' | 'kind'>;
  readonly member: { readonly joinedAt: string };
}

const chunkMax = 500;
const roundsMax = 3;
const deadlineMs = 2_000;
/** While topics does not answer, messages go on to those who were admitted before, and the question is put again after this. */
const pauseMs = 5_000;
const staleMs = 1_000;

/** A session that can be shown out of a channel. */
export interface Guest extends Receiver {
  lose(removed: Removed): void;
  /** Its account joined a channel: it may hear that from now on. */
  follow(joined: Joining): void;
}

/** Who may hear a channel, as facts tell it and as topics says when asked. */
export const createMembership = (deps: { readonly core: Core; readonly log: Log }) => {
  const asking = new Map<Stream, Promise<void>>();

  const admitted = async (stream: Stream, accounts: readonly AccountId[]) => {
    const may = new Set<AccountId>();
    let version = Infinity;
    const options = { principal: systemOf(stream.realm), deadline: deadlineIn(deadlineMs) };
    for (let at = 0; at < accounts.length; at += chunkMax) {
      const input = { channelId: stream.channelId, accountIds: accounts.slice(at, at + chunkMax) };
      const answer = await deps.core.topics.member.admitted(input, options);
      version = Math.min(version, answer.membershipVersion);
      for (const id of answer.accountIds) may.add(id);
    }
    return { may, version };
  };

  /** Until everybody who is attached was asked about: somebody may come in meanwhile. */
  const ask = async (stream: Stream): Promise<void> => {
    const asked = new Set<AccountId>();
    const may = new Set<AccountId>();
    for (let round = 0; round < roundsMax; round++) {
      const accounts = [...new Set([...stream.attached].map((one) => one.principal.accountId))];
      const news = accounts.filter((id) => !asked.has(id));
      if (news.length === 0) return;
      const { may: admittedNow, version } = await admitted(stream, news);
      for (const id of admittedNow) may.add(id);
      for (const id of news) asked.add(id);
      for (const guest of guestsOf(stream)) {
        const { accountId } = guest.principal;
        const channel = guest.attached.get(stream.channelId);
        if (!channel || !asked.has(accountId) || may.has(accountId)) continue;
        const removed = { ...channel, membershipVersion: version };
        guest.lose({ name: 'member.removed', realm: stream.realm, channel: removed, accountId });
      }
      if (version <= stream.verifiedVersion) stream.uncheckedUntil = performance.now() + staleMs;
      stream.verifiedVersion = Math.max(stream.verifiedVersion, version);
    }
  };

  const recheck = (stream: Stream): Promise<void> => {
    const known = asking.get(stream);
    if (known) return known;
    const done = ask(stream)
      .catch((error: unknown) => {
        stream.uncheckedUntil = performance.now() + pauseMs;
        deps.log.warn(
          { channelId: stream.channelId, reason: isFault(error) ? error.reason : 'bad_answer' },
          'Members could not be checked',
        );
      })
      .finally(() => asking.delete(stream));
    asking.set(stream, done);
    return done;
  };

  const onFact = (stream: Stream, fact: MembershipFact): void => {
    if (stream.isChannel) onChannelFact(stream, fact);
    else onAccountFact(stream, fact);
  };

  return { recheck, onFact };
};

const guestsOf = (stream: Stream): Guest[] => [...stream.attached] as Guest[];

const onChannelFact = (stream: Stream, fact: MembershipFact): void => {
  const version = fact.channel.membershipVersion;
  // Each change heard in turn is one that needs no question.
  if (version === stream.verifiedVersion + 1) stream.verifiedVersion = version;
  if (fact.name === 'member.removed') showOut(stream, fact);
  stream.tell(fact, null);
};

/** Sessions that are attached hear of joining and changes along the channel. */
const onAccountFact = (stream: Stream, fact: MembershipFact): void => {
  if (fact.name === 'member.removed') return showOut(stream, fact);
  if (fact.name === 'member.added') for (const guest of guestsOf(stream)) guest.follow(fact);
  stream.tell(fact, (member) => member.attached.has(fact.channel.id));
};

const showOut = (stream: Stream, fact: Removed): void => {
  for (const guest of guestsOf(stream)) if (guest.principal.accountId === fact.accountId) guest.lose(fact);
};
