import type { Bus } from '@parley/bus';
import type { Acknowledger } from '../acknowledger.js';
import { accountOf } from '../domain/caller.js';
import type { MemberCounts } from '../member-counts.js';
import type { Deliveries } from '../store/deliveries.js';
import type { Receipts } from '../store/receipts.js';
import type { Operation } from './operation.js';
import { recordAndPublish } from './record-receipt.js';

interface Deps {
  readonly acknowledger: Pick<Acknowledger, 'commit'>;
  readonly deliveries: Pick<Deliveries, 'sequencesOf'>;
  readonly receipts: Pick<Receipts, 'record'>;
  readonly memberCounts: MemberCounts;
  readonly events: Pick<Bus, 'publish'>;
}

/** The approximate overhead of each reference, besides its own length. */
const referenceBytes = 16;

/** What a reader acknowledged was delivered to it: its position in each channel moves as well. */
export const acknowledgeMessages =
  (deps: Deps): Operation<'delivery', 'acknowledge'> =>
  async ({ references }, { principal, deadline }) => {
    const { realm, accountId } = accountOf(principal);
    const bytes = references.reduce((sum, one) => sum + one.length + referenceBytes, 0);
    const acknowledged = await deps.acknowledger.commit({ realm, accountId, references, bytes }, deadline);
    if (acknowledged > 0) {
      const reached = await deps.deliveries.sequencesOf({ realm, accountId, references });
      const positions = reached.map(({ channelId, sequence }) => ({ accountId, channelId, delivered: sequence }));
      await recordAndPublish(deps, realm, positions);
    }
    return { acknowledged };
  };
