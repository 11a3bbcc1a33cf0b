import type {
  Authorization,
  ChannelSnapshot,
  Entry,
  InboxPosition,
  Origin,
  Realm,
  Scope,
  SequencedBusEvent,
} from '@parley/contracts';

/** A committed entry, with its inbox positions. `repeated`: it had been stored before. */
export interface Stored {
  readonly entry: Entry;
  readonly inbox: readonly InboxPosition[];
  readonly repeated: boolean;
}

export interface Announcement {
  readonly event: SequencedBusEvent;
  readonly audience: readonly Scope[];
}

/** The events of a committed entry: one for the channel's audience, or one for each inbox that the entry entered. */
export const announcementsOf = (
  { entry, inbox }: Pick<Stored, 'entry' | 'inbox'>,
  { channel, audience }: Pick<Authorization, 'audience'> & { channel: ChannelSnapshot },
  realm: Realm,
  origin: Origin | null,
): Announcement[] => {
  const eventFor = (position: InboxPosition | null): SequencedBusEvent => {
    const common = { realm, channel, inbox: position, origin };
    if (entry.kind === 'message.created')
      return { name: entry.kind, ...common, message: entry.message, thread: entry.thread };
    // The name is the kind of the entry: TypeScript does not relate the two unions.
    return { name: entry.kind, ...common, entry } as SequencedBusEvent;
  };
  if (channel.kind !== 'direct') return [{ event: eventFor(null), audience }];
  return inbox.map((position) => ({
    event: eventFor(position),
    audience: [{ kind: 'account' as const, id: position.accountId }],
  }));
};
