import { detailOf } from '../detail.js';
import type { Dialect } from '../dialect.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './words.js';

/** The wire of "Signaling Server API": organizations with virtual addresses, whose agents find each other. */
export const mesh: Dialect = {
  name: 'mesh',
  routes,
  renderFault: (fault) => detailOf(fault, wording),
  socket,
};
