import { bounded, Emoji, nameText, Password, Username } from '@parley/contracts';
import type { Channel, Message } from '@parley/contracts';
import { z } from 'zod';
import { documentedAs } from '../../protocol/documents.js';
import { File, MessageType, partsOf } from './file-message.js';

export { Say } from './file-message.js';

/** Requests of this dialect. */
export const Credentials = z.object({ username: Username, password: Password });
export const RefreshToken = z.object({ refresh_token: z.string().min(1).max(512) });
/** A name may be empty, as on the old server. */
export const NewRoom = z.object({ name: nameText(0, 255) });
export const NewReaction = z.object({ reaction_type: Emoji });
export const MessagePath = z.object({
  message_id: documentedAs(bounded(64).regex(/^\d{1,16}$/, 'Input should be a valid integer'), { type: 'integer' }),
});
export const RoomPath = z.object({
  room_id: documentedAs(bounded(64).regex(/^-?\d{1,20}$/, 'Input should be a valid integer'), { type: 'integer' }),
});
/** Anything below one means none; the old server took a negative limit for "everything". */
export const RecentQuery = z.object({
  limit: documentedAs(
    bounded(64)
      .regex(/^-?\d{1,9}$/, 'Input should be a valid integer')
      .default('50')
      .transform((text) => Math.min(Math.max(Number(text), 0), 1000)),
    { type: 'integer', default: 50, maximum: 1000 },
  ),
});

/** Responses of this dialect. */
export const Notice = z.object({ message: z.string() });
export const Tokens = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  token_type: z.literal('bearer'),
});
export const Me = z.object({ username: z.string(), id: z.int(), created_at: z.string() });
export const Room = z.object({ name: z.string(), id: z.int(), created_at: z.string() });
export const LastMessage = z.object({
  message_id: z.int(),
  sender: z.string(),
  message: z.string().nullable(),
  message_type: MessageType,
  timestamp: z.string(),
});
export const RoomWithLast = z.object({
  id: z.int(),
  name: z.string(),
  created_at: z.string(),
  last_message: LastMessage.nullable(),
  unread_count: z.int(),
});
/** How many users reacted with each emoji (`reaction_type`), and with which one the caller did. */
const Reactions = z.object({
  reactions: z.array(z.object({ reaction_type: z.string(), count: z.int() })),
  user_reaction: z.string().nullable(),
});
export const MessageReactions = z.object({ message_id: z.int(), ...Reactions.shape });
export const RoomMessage = z.object({
  type: z.literal('message'),
  message_id: z.int(),
  room_id: z.int(),
  sender: z.string(),
  message: z.string().nullable(),
  ...File.shape,
  timestamp: z.string(),
  ...Reactions.shape,
});
export const MarkedRead = z.object({ message: z.string(), read_count: z.int() });
export const Detail = z.object({ detail: z.string() });

/** The old server's time format: UTC without a zone, whole seconds. */
export const naiveTime = (timestamp: string): string => timestamp.slice(0, 19);

export const toRoom = (channel: Channel): z.output<typeof Room> => ({
  name: channel.title,
  id: channel.number,
  created_at: naiveTime(channel.createdAt),
});

export const toLast = (message: Message): z.output<typeof LastMessage> => {
  const { message: text, message_type } = partsOf(message);
  return {
    message_id: message.number,
    sender: message.sender.name,
    message: text,
    message_type,
    timestamp: naiveTime(message.sentAt),
  };
};

/** A message as live frame and as history item: the same keys, `type` in both, so that the README's `ChatMessage` decodes either. */
export const toRoomMessage = (roomNumber: number, message: Message): z.output<typeof RoomMessage> => ({
  type: 'message',
  message_id: message.number,
  room_id: roomNumber,
  sender: message.sender.name,
  ...partsOf(message),
  timestamp: naiveTime(message.sentAt),
  ...reactionsOf(message),
});

/** `user_reaction` is null in a live frame, which all sockets of the room share. */
const reactionsOf = ({ reactions }: Message): z.output<typeof Reactions> => ({
  reactions: reactions.map(({ emoji, count }) => ({ reaction_type: emoji, count })),
  user_reaction: reactions.find(({ mine }) => mine)?.emoji ?? null,
});

export const toReactions = (message: Message): z.output<typeof MessageReactions> => ({
  message_id: message.number,
  ...reactionsOf(message),
});
