import type { AccountId, ChannelSnapshot, Scope } from '@parley/contracts';

/** Positions in larger groups are only counted. */
const receiptMembersMax = 100;

/**
 * Who may see an account's positions in a channel as they move: the account itself; if it shares them, its partner in a direct channel and
 * the members of a group that is not large. The one place for this rule. `memberCount`: null where it is unknown.
 */
export const receiptAudience = ({
  channel,
  accountId,
  isShared,
  participants,
  memberCount,
}: {
  readonly channel: Pick<ChannelSnapshot, 'id' | 'kind'>;
  readonly accountId: AccountId;
  readonly isShared: boolean;
  readonly participants: readonly AccountId[];
  readonly memberCount: number | null;
}): Scope[] => {
  const accounts = new Set([accountId]);
  if (isShared && channel.kind === 'direct') for (const participant of participants) accounts.add(participant);
  const scopes: Scope[] = [...accounts].map((id) => ({ kind: 'account', id }));
  const isSmallGroup = channel.kind === 'group' && memberCount !== null && memberCount <= receiptMembersMax;
  if (isShared && isSmallGroup) scopes.push({ kind: 'channel', id: channel.id });
  return scopes;
};
