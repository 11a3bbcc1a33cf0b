import { Emoji, Fault, notFound } from '@parley/contracts';
import type { AccountPrincipal, BusEventNamed, ChannelId, Message } from '@parley/contracts';
import { z } from 'zod';
import type { Command } from '../../protocol/command.js';
import type { Encoded } from '../../protocol/dialect.js';
import type { RestCall, RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { isShown } from '../shared/shown-messages.js';
import { WholeNumber } from '../shared/whole-number.js';
import * as shapes from './shapes.js';

/** A client's frame: one reaction for each user and message. `reaction_type` is an emoji; null or empty removes the reaction. */
export const React = z.object({
  type: z.literal('reaction'),
  message_id: WholeNumber,
  reaction_type: z.union([z.literal(''), Emoji]).nullable(),
});

/** A frame to all sockets of the room, the sender's too: its client shows a reaction only once it comes back. */
export const Reacted = z.object({
  type: z.literal('reaction'),
  room_id: z.int(),
  message_id: z.int(),
  sender: z.string(),
  reaction_type: z.string(),
  action: z.enum(['added', 'removed']),
  /** How many users have this reaction now. */
  count: z.int(),
  timestamp: z.string(),
});

export const reactionCommand = (frame: Record<string, unknown>, channelId: ChannelId): Command => {
  const parsed = React.safeParse(frame);
  if (!parsed.success) {
    const key = String(parsed.error.issues[0]?.path[0] ?? 'message_id');
    throw new Fault(
      'invalid',
      'bad_content',
      `'${key}' must be ${key === 'reaction_type' ? 'an emoji or null' : 'a message id'}`,
    );
  }
  const { message_id: messageNumber, reaction_type } = parsed.data;
  if (!isNumber(messageNumber)) throw notFound('message');
  return { type: 'reaction.set', messageNumber, channelId, emoji: reaction_type === '' ? null : reaction_type };
};

/** Without `message`, which the README's client needs to append a frame to the chat. */
export const reactionFrame = ({
  name,
  channel,
  entry,
}: BusEventNamed<'reaction.added' | 'reaction.removed'>): Encoded => {
  const frame: z.output<typeof Reacted> = {
    type: 'reaction',
    room_id: channel.number,
    message_id: entry.messageNumber,
    sender: entry.actor.name,
    reaction_type: entry.emoji,
    action: name === 'reaction.added' ? 'added' : 'removed',
    count: entry.count,
    timestamp: shapes.naiveTime(entry.at),
  };
  return { frame: JSON.stringify(frame) };
};

const isNumber = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

const responses = {
  200: { description: 'The reactions to the message now', schema: shapes.MessageReactions },
  401: { description: 'Could not validate credentials', schema: shapes.Detail },
  403: { description: 'Not authenticated: there was no Bearer header', schema: shapes.Detail },
  404: { description: 'Message not found', schema: shapes.Detail },
};

/** `/api/reactions/{message_id}`. */
export const reactionRoutes = ({ core, execute }: RestDeps): readonly Route[] => {
  const common = {
    path: '/api/reactions/:message_id',
    access: 'account',
    params: shapes.MessagePath,
    responses,
  } as const;
  const set = async (message_id: string, emoji: string | null, call: RestCall) => {
    const { number: messageNumber, channelId } = await messageInRoom(core, message_id, call.principal);
    const { message } = await execute({ type: 'reaction.set', messageNumber, channelId, emoji }, call);
    return { body: shapes.toReactions(message) };
  };
  return [
    route({
      ...common,
      method: 'get',
      operationId: 'getReactions',
      summary: 'The reactions to a message',
      async handle({ params: { message_id }, principal }) {
        return { body: shapes.toReactions(await messageInRoom(core, message_id, principal)) };
      },
    }),
    route({
      ...common,
      method: 'post',
      operationId: 'setReaction',
      summary: "The caller's reaction to a message; replaces the one before",
      repeatable: true,
      body: shapes.NewReaction,
      handle: ({ params: { message_id }, body: { reaction_type }, principal, request }) =>
        set(message_id, reaction_type, { principal, request }),
    }),
    route({
      ...common,
      method: 'delete',
      operationId: 'removeReaction',
      summary: "Remove the caller's reaction from a message",
      repeatable: true,
      handle: ({ params: { message_id }, principal, request }) => set(message_id, null, { principal, request }),
    }),
  ];
};

/** In a shared realm, the account may read other channels too; this protocol has only rooms. */
const messageInRoom = async (
  core: RestDeps['core'],
  message_id: string,
  principal: AccountPrincipal,
): Promise<Message> => {
  const number = Number(message_id);
  if (!isNumber(number)) throw notFound('message');
  const message = await core.chat.message.get({ number }, { principal });
  const { kind } = await core.topics.channel.get({ reference: { id: message.channelId } }, { principal });
  if (kind !== 'room' || !isShown(message)) throw notFound('message');
  return message;
};
