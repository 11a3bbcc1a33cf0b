import { bounded, Email, Login, NewTitle, Password, PersonalName, text, Username } from '@parley/contracts';
import type { Account, AccountProfile, Channel, ChannelSnapshot, Message } from '@parley/contracts';
import { z } from 'zod';
import { documentedAs } from '../../protocol/documents.js';
import { WholeNumber } from '../shared/whole-number.js';

/** Requests of this dialect. */
export const SignIn = z.object({ username: Login, password: Password });
export const NewUser = z.object({
  email: Email,
  username: Username,
  first_name: PersonalName.optional(),
  last_name: PersonalName.optional(),
  password: Password.min(8),
});
export const NewConversation = z.object({
  title: NewTitle,
  participant_ids: z.array(WholeNumber).min(1).max(500),
});
export const ConversationPath = z.object({
  conversation_id: documentedAs(bounded(64).regex(/^-?\d{1,20}$/, 'Input should be a valid integer'), {
    type: 'integer',
  }),
});
/** A client's message, over REST and on its socket; other keys are ignored. */
export const Say = z.object({ content: text(1, 16_384) });

/** Responses of this dialect. */
export const User = z.object({
  id: z.int(),
  email: z.string(),
  username: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  role: z.literal('user'),
  is_active: z.literal(true),
  created_at: z.string(),
});
const Known = User.omit({ email: true, created_at: true });
/** A user as other participants see it: without an address, and without the password hash, which the old server showed. */
export const Participant = Known.extend({ is_online: z.boolean() });
export const Tokens = z.object({ access_token: z.string(), token_type: z.literal('bearer'), user: User });
export const Conversation = z.object({ id: z.int(), title: z.string(), created_at: z.string() });
export const ConversationMessage = z.object({
  id: z.int(),
  content: z.string(),
  sender_id: z.int(),
  sender_name: z.string(),
  conversation_id: z.int(),
  created_at: z.string(),
});
export const Detail = z.object({ detail: z.string() });

// UTC without a zone in all three. The old server printed a message's time as Python does, with a space, and the others as ISO 8601.
const isoTime = (timestamp: string): string => `${timestamp.slice(0, 23)}000`;
const messageTime = (timestamp: string): string => isoTime(timestamp).replace('T', ' ');
const frameTime = (timestamp: string): string => messageTime(timestamp).slice(0, 19);

type Names = Pick<Account, 'firstName' | 'lastName'>;

/** An account that registered without names, or in another dialect of a shared realm, has its user name as first name. */
const known = (number: number, username: string, { firstName, lastName }: Names): z.output<typeof Known> => ({
  id: number,
  username,
  first_name: firstName ?? username,
  last_name: lastName ?? '',
  role: 'user',
  is_active: true,
});

export interface Present extends Pick<AccountProfile, 'number' | 'name' | keyof Names> {
  readonly online: boolean;
}

export const toParticipant = (present: Present): z.output<typeof Participant> => ({
  ...known(present.number, present.name, present),
  is_online: present.online,
});

export const toUser = (account: Account): z.output<typeof User> => ({
  ...known(account.number, account.username ?? account.name, account),
  email: account.email ?? '',
  created_at: isoTime(account.createdAt),
});

export const toConversation = (channel: Channel): z.output<typeof Conversation> => ({
  id: channel.number,
  title: channel.title,
  created_at: isoTime(channel.createdAt),
});

const partsOf = (channel: Pick<ChannelSnapshot, 'number'>, { number, content, sender, sentAt }: Message) => ({
  id: number,
  content: content.type === 'text' ? content.text : '',
  sender_id: sender.number,
  sender_name: sender.name,
  conversation_id: channel.number,
  created_at: sentAt,
});

export const toItem = (
  channel: Pick<ChannelSnapshot, 'number'>,
  message: Message,
): z.output<typeof ConversationMessage> => ({
  ...partsOf(channel, message),
  created_at: messageTime(message.sentAt),
});

export const toFrame = (channel: Pick<ChannelSnapshot, 'number'>, message: Message) => ({
  type: 'message',
  ...partsOf(channel, message),
  created_at: frameTime(message.sentAt),
});
