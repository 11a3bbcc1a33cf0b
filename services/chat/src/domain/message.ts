import {
  type AccountId,
  type AccountPrincipal,
  type AccountSummary,
  type Authorization,
  type ChannelKind,
  type ChannelSnapshot,
  type Content,
  Fault,
  type Mentions,
  type MessageId,
  type Realm,
} from '@parley/contracts';

/** What every new entry has. */
interface NewEntry {
  readonly realm: Realm;
  readonly channel: ChannelSnapshot;
  readonly sender: AccountSummary;
  readonly clientId: string;
  /** The accounts whose inboxes it enters: the one or two participants of a direct channel, none otherwise. */
  readonly participants: readonly AccountId[];
}

/** The root of a thread; `sequence` orders it in the channel that both belong to. */
export interface ThreadRoot {
  readonly id: MessageId;
  readonly sequence: number;
}

/** A message that is not stored yet. */
export interface Draft extends NewEntry {
  readonly kind: 'message';
  readonly reference: string | null;
  readonly content: Content;
  readonly raw: string | null;
  readonly replyTo: MessageId | null;
  readonly threadRoot: ThreadRoot | null;
  /** false: only its thread shows it. */
  readonly inChannel: boolean;
  /** null: it mentions no account. */
  readonly mentions: Mentions | null;
}

export type ChangeKind =
  'message.edited' | 'message.deleted' | 'reaction.added' | 'reaction.removed' | 'message.pinned' | 'message.unpinned';

/** A change of a message that is not stored yet; its sender is the account that makes it. */
export interface Change extends NewEntry {
  readonly kind: ChangeKind;
  /** The sequence with which the message was created. */
  readonly messageSequence: number;
  /** Whether the account may delete messages of others. */
  readonly moderates: boolean;
  readonly content?: Content;
  readonly mentions?: Mentions | null;
  /** How long after its sending a message may be edited, in milliseconds; 0: for ever. */
  readonly windowMs?: number;
  readonly emoji?: string;
}

export const refuseForeignContent = (content: Content, kind: ChannelKind): void => {
  if (content.type === 'encrypted' && kind !== 'direct') {
    throw new Fault('invalid', 'not_direct', 'Encrypted content belongs into direct channels');
  }
};

/** The name is a snapshot from the token: the sender's name at the time of sending. */
export const senderOf = (principal: AccountPrincipal): AccountSummary => ({
  id: principal.accountId,
  number: principal.number,
  handle: principal.handle,
  name: principal.name,
});

export const snapshotOf = ({ channel }: Pick<Authorization, 'channel'>): ChannelSnapshot => ({
  id: channel.id,
  number: channel.number,
  kind: channel.kind,
  slug: channel.slug,
  title: channel.title,
  membershipVersion: channel.membershipVersion,
});

/** The audience of a direct channel is its participants' accounts: one scope for a note to oneself. */
export const participantsOf = ({ channel, audience }: Pick<Authorization, 'channel' | 'audience'>): AccountId[] => {
  if (channel.kind !== 'direct') return [];
  return [...new Set(audience.filter((scope) => scope.kind === 'account').map((scope) => scope.id as AccountId))];
};

export const isModerator = ({ role }: Pick<Authorization, 'role'>): boolean => role === 'owner' || role === 'admin';
