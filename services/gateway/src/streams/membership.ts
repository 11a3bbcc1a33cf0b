import { isFault, deadlineIn } from '@parley/contracts';
import type { AccountId, BusEventNamed } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import type { Membership, MembershipEvent, Stream } from './stream.js';
import { systemOf } from '../protocol/scopes.js';

type Removed = BusEventNamed<'member.removed'>;
const chunkMax = 500;
const roundsMax = 3;
const deadlineMs = 2_000;
/** While topics does not answer, members that were authorized before still receive messages; the next check is after this time. */
const pauseMs = 5_000;
const staleMs = 1_000;

/** Removes members that may not receive a channel any more, by the events of the bus and by checks with topics. */
export const createMembership = (deps: { readonly core: Core; readonly log: Log }): Membership => {
  const asking = new Map<Stream, Promise<void>>();

  const admitted = async (stream: Stream, accounts: readonly AccountId[]) => {
    const may = new Set<AccountId>();
    let version = Infinity;
    const options = { principal: systemOf(stream.realm), deadline: deadlineIn(deadlineMs) };
    for (let at = 0; at < accounts.length; at += chunkMax) {
      const input = { channelId: stream.channelId, accountIds: accounts.slice(at, at + chunkMax) };
      const answer = await deps.core.topics.member.filterReaders(input, options);
      version = Math.min(version, answer.membershipVersion);
      for (const id of answer.accountIds) may.add(id);
    }
    return { may, version };
  };

  /** Repeats until all attached accounts are checked, at most `roundsMax` times: members may attach meanwhile. */
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
      for (const member of [...stream.attached]) {
        const { accountId } = member.principal;
        const channel = member.attached.get(stream.channelId);
        if (!channel || !asked.has(accountId) || may.has(accountId)) continue;
        const removed = { ...channel, membershipVersion: version };
        member.onRemoved({ name: 'member.removed', realm: stream.realm, channel: removed, accountId });
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

  const onEvent = (stream: Stream, event: MembershipEvent): void => {
    if (stream.isChannel) onChannelEvent(stream, event);
    else onAccountEvent(stream, event);
  };

  return { recheck, onEvent };
};

const onChannelEvent = (stream: Stream, event: MembershipEvent): void => {
  const version = event.channel.membershipVersion;
  // A change that arrives in order needs no check.
  if (version === stream.verifiedVersion + 1) stream.verifiedVersion = version;
  if (event.name === 'member.removed') evict(stream, event);
  stream.broadcast(event, null);
};

/** Attached connections receive joins and changes through the channel's stream, so they are skipped here. */
const onAccountEvent = (stream: Stream, event: MembershipEvent): void => {
  if (event.name === 'member.removed') return evict(stream, event);
  if (event.name === 'member.added') for (const member of [...stream.attached]) member.follow(event);
  stream.broadcast(event, (member) => member.attached.has(event.channel.id));
};

const evict = (stream: Stream, event: Removed): void => {
  for (const member of [...stream.attached])
    if (member.principal.accountId === event.accountId) member.onRemoved(event);
};
