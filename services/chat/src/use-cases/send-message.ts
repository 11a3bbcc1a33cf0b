import type { Bus } from '@parley/bus';
import { Fault, notFound, pageBytesMax } from '@parley/contracts';
import type {
  Authorization,
  ChannelId,
  ChannelSnapshot,
  Context,
  MessageId,
  Origin,
  Realm,
  SendInput,
  Sent,
} from '@parley/contracts';
import { type Appended, announcementsOf } from '../domain/announcements.js';
import { accountOf } from '../domain/caller.js';
import { type ThreadRoot, participantsOf, refuseForeignContent, senderOf, snapshotOf } from '../domain/message.js';
import { clientIdUsed, storedOf } from '../domain/refusals.js';
import { type MentionResolver, mayMention } from '../mention-resolver.js';
import type { EntryLog, Prepared } from '../store/log.js';
import type { Located, Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

export interface SendDeps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'locate'>;
  readonly entryLog: Pick<EntryLog, 'prepare'>;
  readonly mentions: MentionResolver;
  readonly committer: { commit(prepared: Prepared, deadline: number): Promise<Appended> };
  readonly events: Pick<Bus, 'publish'>;
}

/** A message that may be committed, and who hears of it. */
interface PreparedSend {
  readonly prepared: Prepared;
  readonly channel: ChannelSnapshot;
  readonly audience: Authorization['audience'];
  readonly origin: Origin | null;
}

export const sendMessage =
  (deps: SendDeps): Operation<'message', 'send'> =>
  async (input, context) =>
    commitSend(deps, await prepareSend(deps, input, context), context);

/** Authorizes the sender, and resolves what the message refers to. */
export const prepareSend = async (
  deps: Omit<SendDeps, 'committer' | 'events'>,
  input: SendInput,
  { principal, trace }: Context,
): Promise<PreparedSend> => {
  const { target, clientId, reference, content, raw, origin, membersOnly } = input;
  const account = accountOf(principal);
  const authorization = await deps.authorizer.authorize(target, 'write', account, trace);
  if (membersOnly && authorization.role === null) throw notMember();
  const channel = snapshotOf(authorization);
  refuseForeignContent(content, channel.kind);
  // Most messages refer to nothing: they need no turn of the event loop here.
  const { replyTo, threadRoot, inChannel } = refersToMessages(input)
    ? await relationsOf(deps, input, channel.id, account.realm)
    : noRelations;
  const mentions = mayMention(content) ? await deps.mentions.resolve(content, authorization, account, trace) : null;
  const prepared = deps.entryLog.prepare({
    kind: 'message',
    realm: account.realm,
    channel,
    sender: senderOf(account),
    clientId,
    reference: reference ?? null,
    content,
    raw: raw ?? null,
    participants: participantsOf(authorization),
    replyTo,
    threadRoot,
    inChannel,
    mentions,
  });
  if (prepared.bytes > pageBytesMax) throw new Fault('invalid', 'message_too_large', 'The message is too large');
  return { prepared, channel, audience: authorization.audience, origin: origin ?? null };
};

/** Commits a message, in the order of these calls, and publishes it. */
export const commitSend = async (
  { committer, events }: Pick<SendDeps, 'committer' | 'events'>,
  { prepared, channel, audience: members, origin }: PreparedSend,
  { deadline }: Context,
): Promise<Sent> => {
  const { entry, inbox, repeated } = storedOf(await committer.commit(prepared, deadline));
  if (entry.kind !== 'message.created') throw clientIdUsed();
  // Published after the commit. A lost event costs a gateway one range read; an early one would announce a message that a
  // rollback then removes. A repeat is published again: the replica that stored it may have died before it published.
  const to = { channel, audience: members };
  for (const { event, audience } of announcementsOf({ entry, inbox }, to, prepared.draft.realm, origin))
    events.publish(event, audience);
  return { message: entry.message, channel, inbox: [...inbox], repeated, thread: entry.thread };
};

interface Relations {
  readonly replyTo: MessageId | null;
  readonly threadRoot: ThreadRoot | null;
  readonly inChannel: boolean;
}

const noRelations: Relations = { replyTo: null, threadRoot: null, inChannel: true };

const refersToMessages = ({ replyTo, threadRoot }: SendInput): boolean =>
  replyTo !== undefined || threadRoot !== undefined;

const relationsOf = async (
  { messages }: Pick<SendDeps, 'messages'>,
  input: SendInput,
  channelId: ChannelId,
  realm: Realm,
): Promise<Relations> => {
  const locate = async (messageId: MessageId): Promise<Located> => {
    const found = await messages.locate(realm, { messageId });
    if (found?.channelId !== channelId) throw notFound('message');
    return found;
  };
  const { replyTo, threadRoot, alsoInChannel } = input;
  if (replyTo !== undefined) await locate(replyTo);
  if (threadRoot === undefined) return { replyTo: replyTo ?? null, threadRoot: null, inChannel: true };
  const { id, sequence, threadRoot: rootOfRoot } = await locate(threadRoot);
  return { replyTo: replyTo ?? null, threadRoot: rootOfRoot ?? { id, sequence }, inChannel: alsoInChannel };
};

const notMember = (): Fault => new Fault('forbidden', 'not_member', 'You are not a member of this channel');
