import type { Fault } from '@parley/contracts';
import type { Wording } from '../shared/fastapi-errors.js';

// The app refreshes on 401 and on nothing else, so every token error is 401.
const invalidToken = { status: 401, detail: 'Could not validate credentials' };
const refreshFailed = { status: 401, detail: 'Refresh failed' };

/** The old server's own texts, by the reason of the fault. */
export const wording: Wording = {
  no_token: { status: 401, detail: 'Not authenticated' },
  invalid_token: invalidToken,
  token_expired: invalidToken,
  session_ended: invalidToken,
  account_gone: invalidToken,
  wrong_credentials: { status: 401, detail: 'Invalid username or password' },
  refresh_invalid: refreshFailed,
  refresh_expired: refreshFailed,
  refresh_reused: refreshFailed,
  username_taken: { status: 400, detail: 'Username already taken' },
  email_taken: { status: 400, detail: 'Email already taken' },
  account_not_found: { status: 404, detail: 'Partner does not exist' },
};

const wordsFor = (fault: Fault): string => wording[fault.reason]?.detail ?? fault.message;

/** The error text for a frame, in the form of the old server: plain text, no JSON. */
export const textFor = (fault: Fault): string => {
  if (fault.reason === 'bad_json') return 'Invalid JSON format';
  if (fault.code === 'invalid') return `Validation error: ${fault.message}`;
  return fault.code === 'unauthenticated' ? wordsFor(fault) : `Server error: ${wordsFor(fault)}`;
};
