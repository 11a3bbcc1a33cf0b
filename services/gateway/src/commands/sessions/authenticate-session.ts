import { Fault } from '@parley/contracts';
import type { Handler } from '../deps.js';

/** Only the first frame authenticates a connection, and opening handles that. */
export const authenticateSession: Handler<'session.authenticate'> = async () => {
  throw new Fault('conflict', 'already_authenticated', 'This connection is signed in already');
};
