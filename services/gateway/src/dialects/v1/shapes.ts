import { AccountId, ChannelId, ChannelKind, MemberRole, SessionId, ShortNumber, Timestamp } from '@parley/contracts';
import type { Account, AccountProfile, Channel, ChannelSnapshot, Grant, Member } from '@parley/contracts';
import { z } from 'zod';
import { MetadataObject } from '../shared/metadata.js';

// What requests and responses of this dialect have in common, as schemas (for parsing and the documents) and as functions from the model.

export const ChannelView = z.object({
  id: ChannelId,
  number: ShortNumber,
  kind: ChannelKind,
  slug: z.string().nullable(),
  title: z.string(),
  metadata: MetadataObject,
  membershipVersion: z.int(),
  createdBy: AccountId.nullable(),
  createdAt: Timestamp,
  closedAt: Timestamp.nullable(),
});
export type ChannelView = z.infer<typeof ChannelView>;

export const channelView = ({ realm: _realm, metadataText: _text, ...channel }: Channel): ChannelView => channel;

export const ChannelSummaryView = ChannelView.pick({
  id: true,
  number: true,
  kind: true,
  slug: true,
  title: true,
  membershipVersion: true,
});

export const channelSummaryView = (channel: ChannelSnapshot): z.infer<typeof ChannelSummaryView> => ({
  id: channel.id,
  number: channel.number,
  kind: channel.kind,
  slug: channel.slug,
  title: channel.title,
  membershipVersion: channel.membershipVersion,
});

export const MemberView = z.object({
  accountId: AccountId,
  role: MemberRole,
  joinedAt: Timestamp,
});
export const NamedMemberView = MemberView.extend({
  name: z.string().nullable(),
  handle: z.string().nullable(),
  username: z.string().nullable(),
});

export const memberView = (member: Member): z.infer<typeof MemberView> => ({
  accountId: member.accountId,
  role: member.role,
  joinedAt: member.joinedAt,
});

/** `name` and `handle` are null when the account was deleted; `username`, by which texts mention it, of devices too. */
export const namedMemberView = (member: Member, account: AccountProfile | undefined) => ({
  ...memberView(member),
  name: account?.name ?? null,
  handle: account?.handle ?? null,
  username: account?.username ?? null,
});

/** An account as others see it. */
export const AccountView = z.object({
  id: AccountId,
  number: ShortNumber,
  name: z.string(),
  username: z.string().nullable(),
});

export const accountView = (account: Account): z.infer<typeof AccountView> => ({
  id: account.id,
  number: account.number,
  name: account.name,
  username: account.username,
});

/** An account as it sees itself. */
export const OwnAccountView = AccountView.extend({
  realm: z.string(),
  kind: z.enum(['person', 'device']),
  email: z.string().nullable(),
  handle: z.string(),
  createdAt: Timestamp,
});

export const ownAccountView = (account: Account): z.infer<typeof OwnAccountView> => ({
  ...accountView(account),
  realm: account.realm,
  kind: account.kind,
  email: account.email,
  handle: account.handle,
  createdAt: account.createdAt,
});

export const GrantView = z.object({
  account: OwnAccountView,
  sessionId: SessionId,
  tokenType: z.literal('Bearer'),
  accessToken: z.string(),
  accessTokenExpiresAt: Timestamp,
  refreshToken: z.string(),
  refreshTokenExpiresAt: Timestamp,
});

export const grantView = (grant: Grant): z.infer<typeof GrantView> => ({
  account: ownAccountView(grant.account),
  sessionId: grant.sessionId,
  tokenType: 'Bearer',
  accessToken: grant.accessToken,
  accessTokenExpiresAt: grant.accessTokenExpiresAt,
  refreshToken: grant.refreshToken,
  refreshTokenExpiresAt: grant.refreshTokenExpiresAt,
});
