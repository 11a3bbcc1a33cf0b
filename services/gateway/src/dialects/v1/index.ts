import type { Dialect } from '../../protocol/dialect.js';
import { renderProblem } from './problem.js';
import { routes } from './rest.js';
import { socket } from './socket.js';

/** Parley's own dialect: REST under /v1 and one socket for everything. It uses the same interfaces as the other dialects. */
export const v1: Dialect = { name: 'v1', routes, renderFault: renderProblem, socket };
