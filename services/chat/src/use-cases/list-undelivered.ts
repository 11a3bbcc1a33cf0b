import { accountOf } from '../domain/caller.js';
import { type DeliveryDeps, readUndelivered } from './delivery-entries.js';
import type { Operation } from './operation.js';

export const listUndelivered =
  (deps: DeliveryDeps): Operation<'delivery', 'undelivered'> =>
  ({ accountId }, { principal }) =>
    readUndelivered(deps, accountOf(principal), accountId);
