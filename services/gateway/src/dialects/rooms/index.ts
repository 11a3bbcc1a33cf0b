import { detailOf } from '../shared/fastapi-errors.js';
import type { Dialect } from '../../protocol/dialect.js';
import { documents } from './documents.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './errors.js';

/** The dialect of the "Python FastAPI Chat Backend": rooms that everybody may enter, for its SwiftUI client. */
export const rooms: Dialect = {
  name: 'rooms',
  routes,
  renderFault: (fault) => detailOf(fault, wording),
  socket,
  documents,
};
