import { complete } from '../entries.js';
import type { QueuedMessage } from './send-queue.js';
import type { TimelineMessage } from './types.js';

/** A message that is not stored yet, as a timeline shows it. */
export const localView = (
  { saved, error, sequence }: QueuedMessage,
  sender: { readonly id: string; readonly name: string },
): TimelineMessage => {
  const { clientId, channelId, text, at, replyTo = null, threadRoot = null, alsoInChannel } = saved;
  const message = complete({
    channelId,
    clientId,
    sender: { ...sender, handle: '' },
    content: { type: 'text', text },
    sentAt: at,
    replyTo,
    threadRoot,
    inChannel: threadRoot === null || alsoInChannel === true,
  });
  return {
    ...message,
    key: `own ${clientId}`,
    id: null,
    number: null,
    sequence: null,
    isOwn: true,
    state: error ? 'failed' : sequence === null ? 'sending' : 'sent',
    error,
    isChanging: false,
  };
};
