import type { Bus } from '@parley/bus';
import { type ChannelId, Fault, type MessageId, type Realm, notFound, pageBytesMax } from '@parley/contracts';
import { type Appended, announcementsOf } from '../domain/announcements.js';
import { accountOf } from '../domain/caller.js';
import { type ThreadRoot, participantsOf, refuseForeignContent, senderOf, snapshotOf } from '../domain/message.js';
import { clientIdUsed, storedOf } from '../domain/refusals.js';
import type { MentionResolver } from '../mention-resolver.js';
import type { EntryLog, Prepared } from '../store/log.js';
import type { Located, Messages } from '../store/messages.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly messages: Pick<Messages, 'locate'>;
  readonly entryLog: Pick<EntryLog, 'prepare'>;
  readonly mentions: MentionResolver;
  readonly committer: { commit(prepared: Prepared, deadline: number): Promise<Appended> };
  readonly events: Pick<Bus, 'publish'>;
}

export const sendMessage =
  (deps: Deps): Operation<'message', 'send'> =>
  async (input, { principal, deadline, trace }) => {
    const { target, clientId, reference, content, raw, origin, membersOnly } = input;
    const account = accountOf(principal);
    const authorization = await deps.authorizer.authorize(target, 'write', account, trace);
    if (membersOnly && authorization.role === null) throw notMember();
    const channel = snapshotOf(authorization);
    refuseForeignContent(content, channel.kind);
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
      ...(await relationsOf(deps, input, channel.id, account.realm)),
      mentions: await deps.mentions.resolve(content, authorization, account, trace),
    });
    if (prepared.bytes > pageBytesMax) throw new Fault('invalid', 'message_too_large', 'The message is too large');
    const { entry, inbox, repeated } = storedOf(await deps.committer.commit(prepared, deadline));
    if (entry.kind !== 'message.created') throw clientIdUsed();
    // Published after the commit. A lost event costs a gateway one range read; an early one would announce a message that a
    // rollback then removes. A repeat is published again: the replica that stored it may have died before it published.
    const to = { channel, audience: authorization.audience };
    for (const { event, audience } of announcementsOf({ entry, inbox }, to, account.realm, origin ?? null))
      deps.events.publish(event, audience);
    return { message: entry.message, channel, inbox: [...inbox], repeated, thread: entry.thread };
  };

interface Relations {
  readonly replyTo: MessageId | null;
  readonly threadRoot: ThreadRoot | null;
  readonly inChannel: boolean;
}

const relationsOf = async (
  { messages }: Pick<Deps, 'messages'>,
  input: { replyTo?: MessageId | undefined; threadRoot?: MessageId | undefined; alsoInChannel: boolean },
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
