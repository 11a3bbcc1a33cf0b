import { asFault } from '@parley/contracts';
import type { Fault, Refusal, Sent } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Operation } from './operation.js';
import { type SendDeps, commitSend, prepareSend } from './send-message.js';

type Result = Sent | { readonly refused: Refusal };

/**
 * Prepares each message when the one before it waits for its commit, so that they are committed in order and together. Once chat cannot
 * prepare one for now, it leaves out the others: one that is sent again would come after them.
 */
export const sendMessages =
  (deps: SendDeps & { readonly log: Log }): Operation<'message', 'sendMany'> =>
  async ({ sends }, context) => {
    const refused = (error: unknown): Result => ({ refused: refusalOf(deps.log, asFault(error)) });
    const results: Promise<Result>[] = [];
    for (const input of sends) {
      try {
        const prepared = await prepareSend(deps, input, context);
        results.push(commitSend(deps, prepared, context).catch(refused));
      } catch (error) {
        const { code } = asFault(error);
        if (code === 'unavailable') {
          const result = Promise.resolve(refused(error));
          while (results.length < sends.length) results.push(result);
          break;
        }
        results.push(Promise.resolve(refused(error)));
      }
    }
    return { results: await Promise.all(results) };
  };

/** Logs as the bus does what is the fault of no caller: it only sees the answer to the whole list. */
const refusalOf = (log: Log, { code, reason, message, retryAfterMs, cause }: Fault): Refusal => {
  if (cause !== undefined) {
    if (code === 'internal') log.error({ err: cause, reason }, 'A message could not be sent');
    else if (code === 'unavailable') log.warn({ err: cause, reason }, 'A message could not be sent for now');
  }
  return { code, reason, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
};
