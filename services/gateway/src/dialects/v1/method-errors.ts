import type { FaultCode } from '@parley/contracts';
import { rpcCodeOf } from './fault-table.js';

/** The reasons that a socket method can fail with: code, and the message as the documents show it. */
const errors: Readonly<Record<string, readonly [FaultCode, string]>> = {
  invalid_params: ['invalid', 'params.channelId: Must be a UUID'],
  no_token: ['unauthenticated', 'Call session.authenticate first'],
  invalid_token: ['unauthenticated', 'The token is not valid'],
  token_expired: ['unauthenticated', 'The token has expired'],
  session_ended: ['unauthenticated', 'The session has ended'],
  already_authenticated: ['conflict', 'This connection is authenticated already'],
  channel_not_found: ['not_found', 'Channel not found'],
  account_not_found: ['not_found', 'Account not found'],
  not_member: ['forbidden', 'You are not a member of this channel'],
  barred: ['forbidden', 'You are banned from this channel'],
  channel_closed: ['forbidden', 'This channel is closed'],
  message_not_found: ['not_found', 'Message not found'],
  not_sender: ['forbidden', 'Only its sender may change this message'],
  not_moderator: ['forbidden', 'Only owners and admins of the channel may do this'],
  message_deleted: ['conflict', 'This message was deleted'],
  edit_window_over: ['forbidden', 'This message is too old to be edited'],
  not_an_emoji: ['invalid', 'A reaction is one emoji'],
  too_many_reactions: ['conflict', 'This message has as many different reactions as allowed'],
  too_many_pins: ['conflict', 'This channel has as many pinned messages as allowed'],
  too_many_attached: ['exhausted', 'The connection is attached to as many channels as allowed'],
  too_many_subscriptions: ['exhausted', 'The connection is subscribed to as much presence as allowed'],
  channel_too_large: ['exhausted', 'The channel has too many members for presence'],
  too_many_connections: ['rate_limited', 'Too many connections of this account'],
  too_many_frames: ['rate_limited', 'Too many frames on this connection'],
  too_many_pending: ['rate_limited', 'Too many requests of this connection are waiting'],
  head_unknown: ['unavailable', 'The head of the channel cannot be read right now'],
  overloaded: ['unavailable', 'Too much work is waiting'],
  internal: ['internal', 'Something went wrong on our side'],
};

/** The JSON-RPC error of a reason. Throws for a reason that is not in the table. */
export const rpcErrorOf = (reason: string) => {
  const [code, message] = errors[reason] ?? unknownReason(reason);
  return { code: rpcCodeOf({ code, reason }), message, data: { code, reason } };
};

const unknownReason = (reason: string): never => {
  throw new Error(`No method fails with ${reason}: add it to the table of errors`);
};
