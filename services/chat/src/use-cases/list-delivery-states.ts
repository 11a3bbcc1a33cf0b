import { accountOf } from '../domain/caller.js';
import type { Deliveries } from '../store/deliveries.js';
import type { Operation } from './operation.js';

export const listDeliveryStates =
  ({ deliveries }: { readonly deliveries: Pick<Deliveries, 'states'> }): Operation<'delivery', 'states'> =>
  ({ reference }, { principal }) =>
    deliveries.states(accountOf(principal), reference);
