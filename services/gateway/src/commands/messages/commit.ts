import type { Deadline } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import type { Caller } from '../caller.js';
import type { ExecuteDeps } from '../deps.js';
import { isLostAnswer, repeatWhileLost } from '../lost-answers.js';

/** Makes a call of chat that commits an entry under a client id, and repeats it while its answer is lost. */
export const commit = async <T>(
  { timings }: Pick<ExecuteDeps, 'timings'>,
  { connection, receivedAt }: Caller,
  call: (deadline: Deadline) => Promise<T>,
): Promise<T> => {
  const deadline = receivedAt + timings.sendMs;
  const isWanted = (): boolean => connection?.isLive ?? true;
  return repeatWhileLost(() => call(deadline), {
    deadline,
    isWanted,
    // A response over REST can say "try again" at once.
    repeatsUndelivered: connection !== null,
  }).catch((error: unknown) => {
    // On a socket a fault has no status that says "try again".
    throw connection && isLostAnswer(error) ? notKept(error) : error;
  });
};

const notKept = (fault: Fault): Fault =>
  new Fault('unavailable', fault.reason, 'The message could not be kept; send it again', {
    retryAfterMs: fault.retryAfterMs ?? 1_000,
  });
