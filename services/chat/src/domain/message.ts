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
  type InboxPlace,
  type Message,
  type Origin,
  type Realm,
  type Scope,
} from '@parley/contracts';

/** A message on its way into the store. */
export interface Draft {
  readonly realm: Realm;
  readonly channel: ChannelSnapshot;
  readonly sender: AccountSummary;
  readonly clientId: string;
  readonly content: Content;
  readonly raw: string | null;
  /** Whose inboxes it enters: the one or two participants of a direct channel, nobody otherwise. */
  readonly participants: readonly AccountId[];
}

/** A message that is committed, with the places it took. `repeated`: it was there before. */
export interface Stored {
  readonly message: Message;
  readonly inbox: readonly InboxPlace[];
  readonly repeated: boolean;
}

export const refuseForeignContent = (content: Content, kind: ChannelKind): void => {
  if (content.type === 'encrypted' && kind !== 'direct') {
    throw new Fault('invalid', 'not_direct', 'Encrypted content belongs into direct channels');
  }
};

/** The name is a snapshot from the token: what the sender was called when it spoke. */
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

/** The roads of a direct channel are its participants' own; one road when somebody writes to itself. */
export const participantsOf = ({ channel, roads }: Authorization): AccountId[] => {
  if (channel.kind !== 'direct') return [];
  return [...new Set(roads.filter((road) => road.kind === 'account').map((road) => road.id as AccountId))];
};

export interface Announcement {
  readonly event: BusEventNamed<'message.created'>;
  readonly roads: readonly Scope[];
}

/** What is told of a committed message: one fact on the channel's roads, or one for each inbox that it entered. */
export const announcementsOf = (
  { message, inbox }: Stored,
  { channel, roads }: Pick<Authorization, 'roads'> & { channel: ChannelSnapshot },
  realm: Realm,
  origin: Origin | null,
): Announcement[] => {
  const event = { name: 'message.created' as const, realm, channel, message, origin };
  if (channel.kind !== 'direct') return [{ event: { ...event, inbox: null }, roads }];
  return inbox.map((place) => ({
    event: { ...event, inbox: place },
    roads: [{ kind: 'account' as const, id: place.accountId }],
  }));
};
