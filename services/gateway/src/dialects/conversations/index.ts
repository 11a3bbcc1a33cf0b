import { detailOf } from '../shared/fastapi-errors.js';
import type { Dialect } from '../../protocol/dialect.js';
import { documents } from './documents.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './errors.js';

/** The dialect of "WebSocket Real-Time Messaging": conversations between their participants. */
export const conversations: Dialect = {
  name: 'conversations',
  routes,
  renderFault: (fault) => detailOf(fault, wording),
  socket,
  documents,
};
