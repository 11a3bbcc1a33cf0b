import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineIn, isFault } from '@parley/contracts';
import type { Fault } from '@parley/contracts';

const pauseMinMs = 100;
const pauseMaxMs = 1_000;
/** After one of these the answer may be lost although the service did what it was asked. */
const lost = new Set(['deadline_exceeded', 'bus_down', 'no_responders']);

interface RepeatOptions {
  /** Monotonic milliseconds, as all deadlines. */
  readonly deadline: number;
  /** False once the result is not needed. Default: always true. */
  readonly isWanted?: () => boolean;
  /** Also repeats a call while certainly nothing was done. Without it the caller's client repeats the request instead. */
  readonly repeatsUndelivered: boolean;
}

/**
 * Repeats a call whose answer was lost, until its deadline; then throws the last fault. The call must be recognizable by the service, by a
 * client id or a creation key, so that it is done once.
 */
export const repeatWhileLost = async <T>(
  call: () => Promise<T>,
  { deadline, isWanted = () => true, repeatsUndelivered }: RepeatOptions,
): Promise<T> => {
  // Once a call may have been received, its answer is lost, whatever comes of the next ones.
  let isRepeated = repeatsUndelivered;
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    try {
      return await call();
    } catch (error) {
      if (!isLostAnswer(error) || deadlineIn(pauseMs) >= deadline || !isWanted()) throw error;
      isRepeated ||= !nothingWasDone(error);
      if (!isRepeated) throw error;
      await sleep(pauseMs);
    }
  }
};

/** No process received the call, or the one that did answered that a service it needs first has no process. */
const nothingWasDone = ({ undelivered, answered, reason }: Fault): boolean =>
  undelivered === true || (answered === true && reason === 'no_responders');

export const isLostAnswer = (error: unknown): error is Fault =>
  isFault(error) && error.code === 'unavailable' && lost.has(error.reason);
