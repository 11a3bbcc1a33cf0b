import { refuseAllButSystem } from '../domain/caller.js';
import type { Deliveries } from '../store/deliveries.js';
import type { Operation } from './operation.js';

export const advanceDeliveries =
  ({ deliveries }: { readonly deliveries: Pick<Deliveries, 'advance'> }): Operation<'delivery', 'advance'> =>
  async (input, { principal }) => {
    refuseAllButSystem(principal);
    await deliveries.advance(principal.realm, input.deliveries);
    return {};
  };
