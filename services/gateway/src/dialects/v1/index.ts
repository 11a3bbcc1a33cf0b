import type { Dialect } from '../../protocol/dialect.js';
import { presenceExamples } from './examples-presence.js';
import { examples } from './examples.js';
import { socketDescription } from './messages.js';
import { rpcErrorOf } from './method-errors.js';
import { commonErrors, methods } from './methods.js';
import { notifications } from './notifications.js';
import { Problem, renderProblem } from './problem.js';
import { routes } from './rest.js';
import { schemas } from './schemas.js';
import { socket } from './socket.js';

/** Parley's own dialect: REST under /v1 and one socket for everything. It uses the same interfaces as the other dialects. */
export const v1: Dialect = {
  name: 'v1',
  routes,
  renderFault: renderProblem,
  socket,
  documents: {
    schemas,
    examples: { ...examples, ...presenceExamples },
    token: { in: 'bearer' },
    fault: { name: 'Problem', mediaType: 'application/problem+json', schema: Problem, example: examples.Problem },
    socket: socketDescription,
    rpc: { methods, notifications, commonErrors, errorOf: rpcErrorOf },
  },
};
