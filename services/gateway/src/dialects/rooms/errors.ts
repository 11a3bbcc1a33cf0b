import type { Fault } from '@parley/contracts';
import type { Wording } from '../shared/fastapi-errors.js';

const invalidToken = { status: 401, detail: 'Could not validate credentials' };
const deadRefreshToken = { status: 401, detail: 'Invalid or expired refresh token' };

/** The old server's own texts, by the reason of the fault. */
export const wording: Wording = {
  no_token: { status: 403, detail: 'Not authenticated' },
  invalid_token: invalidToken,
  token_expired: invalidToken,
  session_ended: invalidToken,
  account_gone: { status: 401, detail: 'User not found' },
  wrong_credentials: { status: 401, detail: 'Incorrect username or password' },
  refresh_invalid: deadRefreshToken,
  refresh_expired: deadRefreshToken,
  refresh_reused: deadRefreshToken,
  username_taken: { status: 400, detail: 'Username already registered' },
  message_not_found: { status: 404, detail: 'Message not found' },
  channel_not_found: { status: 404, detail: 'Room not found' },
};

export const wordsFor = (fault: Fault): string => wording[fault.reason]?.detail ?? fault.message;
