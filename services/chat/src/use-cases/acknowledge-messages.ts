import type { Acknowledger } from '../acknowledger.js';
import { accountOf } from '../domain/caller.js';
import type { Operation } from './operation.js';

/** The approximate overhead of each reference, besides its own length. */
const referenceBytes = 16;

export const acknowledgeMessages =
  ({ acknowledger }: { readonly acknowledger: Pick<Acknowledger, 'commit'> }): Operation<'delivery', 'acknowledge'> =>
  async ({ references }, { principal, deadline }) => {
    const { realm, accountId } = accountOf(principal);
    const bytes = references.reduce((sum, one) => sum + one.length + referenceBytes, 0);
    return { acknowledged: await acknowledger.commit({ realm, accountId, references, bytes }, deadline) };
  };
