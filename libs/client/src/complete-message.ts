import type { components } from './protocol.generated.js';

type Schemas = components['schemas'];

/** A message of `message.created`, with the fields that the server leaves out because their value is the default. */
export const completeMessage = (message: Schemas['CreatedMessage']): Schemas['Message'] => ({
  editedAt: null,
  deletedAt: null,
  replyTo: null,
  threadRoot: null,
  inChannel: true,
  replyCount: 0,
  lastReplyAt: null,
  reactions: [],
  mentions: { accountIds: [], channel: false },
  pinnedAt: null,
  ...message,
});
