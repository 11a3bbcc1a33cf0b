import type { Acknowledger } from '../acknowledger.js';
import { accountOf } from '../domain/caller.js';
import type { Receipts } from '../store/receipts.js';
import type { Operation } from './operation.js';
import { type PublishDeps, publishPositions } from './record-receipt.js';

interface Deps extends PublishDeps {
  readonly acknowledger: Pick<Acknowledger, 'commit'>;
  readonly receipts: Pick<Receipts, 'recordReceived'>;
}

/** The approximate overhead of each reference, besides its own length. */
const referenceBytes = 16;

/** What a device confirms was delivered: its positions move with it. */
export const acknowledgeMessages =
  (deps: Deps): Operation<'delivery', 'acknowledge'> =>
  async ({ references }, { principal, deadline }) => {
    const { realm, accountId } = accountOf(principal);
    const bytes = references.reduce((sum, one) => sum + one.length + referenceBytes, 0);
    const acknowledged = await deps.acknowledger.commit({ realm, accountId, references, bytes }, deadline);
    if (acknowledged > 0)
      await publishPositions(deps, realm, await deps.receipts.recordReceived(realm, accountId, references));
    return { acknowledged };
  };
