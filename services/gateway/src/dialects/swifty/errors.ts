import type { Fault } from '@parley/contracts';
import type { Wording } from '../shared/fastapi-errors.js';

const invalidToken = { status: 401, detail: 'Invalid token' };

/** The old server's own texts, by the reason of the fault. */
export const wording: Wording = {
  no_token: invalidToken,
  invalid_token: invalidToken,
  token_expired: invalidToken,
  session_ended: invalidToken,
  channel_not_found: { status: 404, detail: 'Topic not found' },
  slug_taken: { status: 400, detail: 'Topic already exists' },
  too_many_channels: { status: 400, detail: 'This client has made as many topics as it may' },
  username_taken: { status: 409, detail: 'That name is taken by a user' },
  registered_elsewhere: {
    status: 409,
    detail: 'This UUID is registered already; show an earlier token',
  },
  too_many_devices: {
    status: 409,
    detail: 'This UUID was registered too often without an earlier token; show one',
  },
  not_enrolled: { status: 403, detail: 'Devices need the enrolment secret here' },
};

/** The text of a fault of the connection as a whole. */
export const wordsFor = (fault: Fault): string => {
  if (fault.reason === 'no_token') return 'No token provided';
  return wording[fault.reason]?.detail ?? fault.message;
};
