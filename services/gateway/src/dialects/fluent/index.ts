import { detailOf } from '../detail.js';
import type { Dialect } from '../dialect.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './words.js';

/** The wire of the "Fluent Backend": messages between two, encrypted by their app for each of them. */
export const fluent: Dialect = {
  name: 'fluent',
  routes,
  renderFault: (fault) => detailOf(fault, wording),
  socket,
};
