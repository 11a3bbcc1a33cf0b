import { detailOf } from '../detail.js';
import type { Dialect } from '../dialect.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './words.js';

/** The wire of the "Python FastAPI Chat Backend": rooms that everybody may enter, for its SwiftUI client. */
export const rooms: Dialect = {
  name: 'rooms',
  routes,
  renderFault: (fault) => detailOf(fault, wording),
  socket,
};
