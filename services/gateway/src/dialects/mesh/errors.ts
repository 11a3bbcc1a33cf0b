import type { Fault } from '@parley/contracts';
import type { Wording } from '../shared/fastapi-errors.js';

const invalidToken = { status: 401, detail: 'Could not validate credentials' };

/** The old server's own texts, by the reason of the fault. */
export const wording: Wording = {
  no_token: { status: 403, detail: 'Not authenticated' },
  invalid_token: invalidToken,
  token_expired: invalidToken,
  session_ended: invalidToken,
  account_gone: invalidToken,
  email_taken: { status: 400, detail: 'Email already registered' },
  wrong_credentials: { status: 401, detail: 'Incorrect email or password' },
  bad_subnet: { status: 400, detail: 'Invalid subnet format' },
  organization_not_found: { status: 404, detail: 'Organization not found' },
  already_member: { status: 400, detail: 'User is already a member of this organization' },
  not_member: { status: 403, detail: 'User is not a member of this organization' },
  invitation_needed: { status: 403, detail: 'Joining this organization needs an invitation' },
  not_owner: { status: 403, detail: 'Only the owner of this organization may do that' },
  member_not_found: { status: 404, detail: 'User is not a member of this organization' },
  address_not_found: { status: 404, detail: 'Nobody holds this virtual IP' },
  account_not_found: { status: 404, detail: 'User not found' },
  subnet_full: { status: 400, detail: "No available IPs in this organization's subnet" },
};

/** The socket errors of its README, by the reason of the fault. */
const socketWords: Readonly<Record<string, string>> = {
  no_token: 'No token provided',
  bad_json: 'Invalid JSON',
  bad_frame: 'Processing error',
  not_registered: 'First message must be register',
  reach_missing: 'Missing required fields: public_ip, public_port',
  no_organization: 'User not member of any organization',
  no_address: 'No virtual IP allocated for user in any organization',
  // The README has no text for these two: the connection was registered and is closed.
  replaced: 'A newer connection of the same agent took the place of this one',
  address_released: 'The virtual IP of this connection was released',
};

/** Other faults follow the prefix that clients match, and internal faults reveal nothing. */
export const socketWordsFor = (fault: Fault): string => {
  const own = socketWords[fault.reason];
  if (own !== undefined) return own;
  if (fault.code === 'unauthenticated') return 'Invalid token';
  return fault.code === 'internal' ? 'Registration failed' : `Registration failed: ${fault.message}`;
};
