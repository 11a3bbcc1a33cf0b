import { accountOf } from '../domain/caller.js';
import { type DeliveryDeps, readUnacknowledged } from './delivery-entries.js';
import type { Operation } from './operation.js';

export const listUnacknowledged =
  (deps: DeliveryDeps): Operation<'delivery', 'unacknowledged'> =>
  (within, { principal }) =>
    readUnacknowledged(deps, accountOf(principal), within);
