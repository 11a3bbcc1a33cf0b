import { detailOf } from '../detail.js';
import type { Dialect } from '../dialect.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './words.js';

/** The wire of "WebSocket Real-Time Messaging": conversations between their participants. */
export const conversations: Dialect = {
  name: 'conversations',
  routes,
  renderFault: (fault) => detailOf(fault, wording),
  socket,
};
