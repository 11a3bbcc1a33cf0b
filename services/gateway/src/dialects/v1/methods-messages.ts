import { AccountId, ChannelId, ClientId, Emoji, Fault, MessageId } from '@parley/contracts';
import type { Target } from '@parley/contracts';
import { z } from 'zod';
import { defineMethods } from '../../protocol/methods.js';
import * as example from './examples.js';
import { MessageChanged } from './entry-shapes.js';
import { SendableContent } from './message-shapes.js';
import * as shapes from './socket-shapes.js';

const Send = z.object({
  channelId: ChannelId.optional(),
  directWith: AccountId.optional(),
  clientId: ClientId,
  content: SendableContent,
  /** The message that this one answers. */
  replyTo: MessageId.optional(),
  /** The first message of the thread that this one belongs to. */
  threadRoot: MessageId.optional(),
  /** Whether the channel shows a reply in a thread, too. */
  alsoInChannel: z.boolean().optional(),
});

const targetOf = (toChannel: ChannelId | undefined, directWith: AccountId | undefined): Target => {
  if (toChannel !== undefined && directWith === undefined) return { channelId: toChannel };
  if (directWith !== undefined && toChannel === undefined) return { directWith };
  throw new Fault('invalid', 'invalid_params', 'params: Give either channelId or directWith');
};

const Change = z.object({
  messageId: MessageId,
  clientId: ClientId,
  /** The channel of the message: the change then runs after earlier requests of the connection to that channel. */
  channelId: ChannelId.optional(),
});

const Reaction = Change.extend({ emoji: Emoji });

const { channelId, messageId } = example;
const hidden = ['channel_not_found', 'not_member', 'barred'];
const unseen = ['message_not_found', 'not_member', 'barred', 'channel_closed'];
const changing = { messageId, channelId, clientId: 'b2' };
const answered =
  'The result follows the commit. The same `clientId` again, or a change that changes nothing, returns the earlier entry with `repeated: true`.';

/** The methods about messages. */
export const messageMethods = defineMethods({
  'message.send': {
    summary: 'Send a message to a channel, or to an account',
    description:
      'Takes either `channelId` or `directWith`. The result follows the commit. The same `clientId` again returns the first message with `repeated: true`.',
    params: Send,
    result: shapes.SentMessage,
    errors: [...hidden, 'account_not_found', 'channel_closed', 'message_not_found'],
    example: { params: { channelId, clientId: 'a1', content: example.text }, result: example.sent },
    command: ({ channelId: toChannel, directWith, ...rest }) => ({
      type: 'message.send',
      target: targetOf(toChannel, directWith),
      ...rest,
      isParsed: true,
    }),
  },
  'message.edit': {
    summary: 'Replace the text of one of your own messages',
    description: answered,
    params: Change.extend({ content: SendableContent }),
    result: MessageChanged,
    errors: [...unseen, 'not_sender', 'message_deleted', 'edit_window_over'],
    example: {
      params: { ...changing, content: example.newText },
      result: { entry: example.editedEntry, repeated: false },
    },
    command: (p) => ({ type: 'message.edit', ...p }),
  },
  'message.delete': {
    summary: 'Delete a message: your own, or any as an owner or admin of the channel',
    description: `${answered} Its text is removed everywhere; a tombstone keeps its place.`,
    params: Change,
    result: MessageChanged,
    errors: [...unseen, 'not_sender'],
    example: { params: changing, result: { entry: example.deletedEntry, repeated: false } },
    command: (p) => ({ type: 'message.delete', ...p }),
  },
  'message.react': {
    summary: 'Add a reaction to a message; one for each emoji',
    description: answered,
    params: Reaction,
    result: MessageChanged,
    errors: [...unseen, 'not_an_emoji', 'message_deleted', 'too_many_reactions'],
    example: {
      params: { ...changing, emoji: example.emoji },
      result: { entry: example.reactionEntry, repeated: false },
    },
    command: (p) => ({ type: 'message.react', ...p }),
  },
  'message.unreact': {
    summary: 'Remove your own reaction from a message',
    description: answered,
    params: Reaction,
    result: MessageChanged,
    errors: unseen,
    example: {
      params: { ...changing, emoji: example.emoji },
      result: { entry: { ...example.reactionEntry, kind: 'reaction.removed', count: 0 }, repeated: false },
    },
    command: (p) => ({ type: 'message.unreact', ...p }),
  },
  'message.pin': {
    summary: 'Pin a message: owners and admins of the channel, and both participants of a direct channel',
    description: answered,
    params: Change,
    result: MessageChanged,
    errors: [...unseen, 'not_moderator', 'message_deleted', 'too_many_pins'],
    example: { params: changing, result: { entry: example.pinnedEntry, repeated: false } },
    command: (p) => ({ type: 'message.pin', ...p }),
  },
  'message.unpin': {
    summary: 'Unpin a message',
    description: answered,
    params: Change,
    result: MessageChanged,
    errors: [...unseen, 'not_moderator'],
    example: {
      params: changing,
      result: { entry: { ...example.pinnedEntry, kind: 'message.unpinned' }, repeated: false },
    },
    command: (p) => ({ type: 'message.unpin', ...p }),
  },
});
