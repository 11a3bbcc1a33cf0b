import type { Bus } from '@parley/bus';
import type {
  AccountPrincipal,
  Authorization,
  ChannelSnapshot,
  Context,
  Entry,
  InboxPosition,
  MessageId,
  Origin,
} from '@parley/contracts';
import { type Stored, announcementsOf } from '../domain/announcements.js';
import { accountOf } from '../domain/caller.js';
import { type Change, isModerator, participantsOf, senderOf, snapshotOf } from '../domain/message.js';
import { clientIdUsed, storedOf } from '../domain/refusals.js';
import type { Appended, EntryLog, Prepared } from '../store/log.js';
import { type FindDeps, findMessage } from './find-message.js';

export interface ChangeDeps extends FindDeps {
  readonly entryLog: Pick<EntryLog, 'prepare'>;
  readonly committer: { commit(prepared: Prepared, deadline: number): Promise<Appended> };
  readonly events: Pick<Bus, 'publish'>;
}

interface ChangeInput {
  readonly messageId: MessageId;
  readonly clientId: string;
  readonly origin?: Origin | undefined;
}

interface Changed {
  entry: Entry;
  channel: ChannelSnapshot;
  inbox: InboxPosition[];
  repeated: boolean;
}

/** The kind of a change, and what it has besides the message and its author. */
export type Details = Pick<Change, 'kind' | 'content' | 'mentions' | 'windowMs' | 'emoji'>;

/**
 * Appends the change of a message as an entry and publishes it after the commit, as a send does; its rules are checked when its turn comes,
 * under the lock of the stream. `describe` may refuse it before.
 */
export const changeMessage = async (
  deps: ChangeDeps,
  { messageId, clientId, origin }: ChangeInput,
  { principal, deadline }: Context,
  permission: 'read' | 'write',
  describe: (authorization: Authorization, account: AccountPrincipal) => Details | Promise<Details>,
): Promise<Changed> => {
  const account = accountOf(principal);
  const { message, authorization } = await findMessage(deps, { messageId }, permission, account);
  const details = await describe(authorization, account);
  const channel = snapshotOf(authorization);
  const prepared = deps.entryLog.prepare({
    ...details,
    realm: account.realm,
    channel,
    sender: senderOf(account),
    clientId,
    participants: participantsOf(authorization),
    messageSequence: message.sequence,
    moderates: isModerator(authorization),
  });
  const stored = storedOf(await deps.committer.commit(prepared, deadline));
  refuseUsedClientId(stored, details.kind, { messageId, clientId, account });
  const to = { channel, audience: authorization.audience };
  for (const { event, audience } of announcementsOf(stored, to, account.realm, origin ?? null))
    deps.events.publish(event, audience);
  return { entry: stored.entry, channel, inbox: [...stored.inbox], repeated: stored.repeated };
};

/** An earlier entry of the same client id must be the same change; one of the same effect may have another kind (nothing to remove). */
const refuseUsedClientId = (
  { entry }: Stored,
  kind: Change['kind'],
  own: { readonly messageId: MessageId; readonly clientId: string; readonly account: AccountPrincipal },
): void => {
  const isCreation = entry.kind === 'message.created';
  const { clientId, author, messageId } = isCreation
    ? { clientId: entry.message.clientId, author: entry.message.sender.id, messageId: entry.message.id }
    : { clientId: entry.clientId, author: entry.actor.id, messageId: entry.messageId };
  const isOwn = clientId === own.clientId && author === own.account.accountId;
  if (isOwn && (entry.kind !== kind || messageId !== own.messageId)) throw clientIdUsed();
};
