import { accountOf } from '../domain/caller.js';
import { type DeliveryDeps, readUnacknowledged } from './delivery-entries.js';
import type { Operation } from './operation.js';

export const resumeDelivery =
  (deps: DeliveryDeps): Operation<'delivery', 'resume'> =>
  async (bounds, { principal }) => {
    const owner = accountOf(principal);
    const { realm, accountId } = owner;
    const { after, head, acknowledges } = await deps.deliveries.resume({ realm, accountId }, bounds);
    if (!acknowledges) return { after, head, unacknowledged: [], more: false };
    const within = { after: 0, upTo: after, since: bounds.since, keptMs: bounds.keptMs };
    const { entries, more } = await readUnacknowledged(deps, owner, within);
    return { after, head, unacknowledged: entries, more };
  };
