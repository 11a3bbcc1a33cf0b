import { detailOf } from '../shared/fastapi-errors.js';
import type { Dialect } from '../../protocol/dialect.js';
import { documents } from './documents.js';
import { registerRoute } from './register.js';
import { swiftyDefaults } from './settings.js';
import type { SwiftySettings } from './settings.js';
import { socketOf } from './socket.js';
import { topicRoutes } from './topics.js';
import { trackingRoutes } from './tracking.js';
import { wording } from './errors.js';

export type { SwiftySettings } from './settings.js';

/** The dialect of "Swifty Server": devices that choose their own uuid, direct messages and topics. */
export const swifty = (settings: SwiftySettings = swiftyDefaults): Dialect => ({
  name: 'swifty',
  routes: (deps) => [registerRoute(deps, settings), ...topicRoutes(deps, settings), ...trackingRoutes(deps)],
  renderFault: (fault) => detailOf(fault, wording),
  socket: socketOf(settings),
  documents,
});
