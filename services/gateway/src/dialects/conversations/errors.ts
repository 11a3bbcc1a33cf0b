import type { Fault } from '@parley/contracts';
import type { Wording } from '../shared/fastapi-errors.js';

const invalidToken = { status: 401, detail: 'Could not validate credentials' };
const stranger = { status: 403, detail: 'You are not a participant in this conversation' };

/** The old server's own texts, by the reason of the fault. */
export const wording: Wording = {
  no_token: { status: 401, detail: 'Not authenticated' },
  invalid_token: invalidToken,
  token_expired: invalidToken,
  session_ended: invalidToken,
  account_gone: invalidToken,
  wrong_credentials: { status: 401, detail: 'Incorrect username or password' },
  username_taken: { status: 400, detail: 'Username already exists' },
  email_taken: { status: 400, detail: 'Email already exists' },
  channel_not_found: { status: 404, detail: 'Conversation not found' },
  not_member: stranger,
  barred: stranger,
};

/** On the socket the old server used other texts for some errors. */
const socketWords: Readonly<Record<string, string>> = {
  no_token: 'Missing authentication token',
  invalid_token: 'Invalid token',
  token_expired: 'The token has expired',
  session_ended: 'The session has ended',
  account_gone: 'User not found',
};

export const wordsFor = (fault: Fault): string =>
  socketWords[fault.reason] ?? wording[fault.reason]?.detail ?? fault.message;
