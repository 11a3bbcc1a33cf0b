import {
  type AccountId,
  type AccountPrincipal,
  type AccountSummary,
  type Authorization,
  type ChannelKind,
  type ChannelSnapshot,
  type Content,
  Fault,
  type BusEventNamed,
  type InboxPosition,
  type Message,
  type Origin,
  type Realm,
  type Scope,
} from '@parley/contracts';

/** A message that is not stored yet. */
export interface Draft {
  readonly realm: Realm;
  readonly channel: ChannelSnapshot;
  readonly sender: AccountSummary;
  readonly clientId: string;
  readonly reference: string | null;
  readonly content: Content;
  readonly raw: string | null;
  /** The accounts whose inboxes it enters: the one or two participants of a direct channel, none otherwise. */
  readonly participants: readonly AccountId[];
}

/** A committed message, with its inbox positions. `repeated`: it had been stored before. */
export interface Stored {
  readonly message: Message;
  readonly inbox: readonly InboxPosition[];
  readonly repeated: boolean;
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
export const participantsOf = ({ channel, audience }: Authorization): AccountId[] => {
  if (channel.kind !== 'direct') return [];
  return [...new Set(audience.filter((scope) => scope.kind === 'account').map((scope) => scope.id as AccountId))];
};

export interface Announcement {
  readonly event: BusEventNamed<'message.created'>;
  readonly audience: readonly Scope[];
}

/** The events of a committed message: one for the channel's audience, or one for each inbox that the message entered. */
export const announcementsOf = (
  { message, inbox }: Stored,
  { channel, audience }: Pick<Authorization, 'audience'> & { channel: ChannelSnapshot },
  realm: Realm,
  origin: Origin | null,
): Announcement[] => {
  const event = { name: 'message.created' as const, realm, channel, message, origin };
  if (channel.kind !== 'direct') return [{ event: { ...event, inbox: null }, audience }];
  return inbox.map((position) => ({
    event: { ...event, inbox: position },
    audience: [{ kind: 'account' as const, id: position.accountId }],
  }));
};
