import { notFound, deadlineIn } from '@parley/contracts';
import type { Message } from '@parley/contracts';
import type { Caller } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';
import { commit } from './commit.js';
import { ownClientId } from './own-client-id.js';

type Deps = Pick<ExecuteDeps, 'core' | 'timings'>;

/**
 * Makes this the caller's only reaction to a message. The new one is committed first: whatever is interrupted then, the caller has a
 * reaction, and repeating the request completes it.
 */
export const setReaction =
  (deps: Deps): Handler<'reaction.set'> =>
  async ({ type, messageNumber, channelId, emoji }, caller) => {
    const message = await messageAt(deps, caller, messageNumber);
    if (channelId !== undefined && message.channelId !== channelId) throw notFound('message');
    const own = message.reactions.filter(({ mine }) => mine).map((reaction) => reaction.emoji);
    if (emoji !== null && !own.includes(emoji)) await react(deps, caller, message, 'react', emoji);
    for (const former of own) if (former !== emoji) await react(deps, caller, message, 'unreact', former);
    return { type, message: await messageAt(deps, caller, messageNumber) };
  };

const messageAt = ({ core, timings }: Deps, { principal }: Caller, number: number): Promise<Message> =>
  core.chat.message.get({ number }, { principal, deadline: deadlineIn(timings.callMs) });

const react = async (
  deps: Deps,
  caller: Caller,
  { id: messageId }: Message,
  verb: 'react' | 'unreact',
  emoji: string,
): Promise<void> => {
  const { principal, connection } = caller;
  const input = {
    messageId,
    emoji,
    // The Idempotency-Key of a request is one key; its entries are several.
    clientId: connection ? connection.nextClientId() : `${ownClientId(caller)}/${verb}/${emoji}`,
    ...(connection && { origin: { connectionId: connection.id } }),
  };
  await commit(deps, caller, (deadline) => deps.core.chat.message[verb](input, { principal, deadline }));
};
