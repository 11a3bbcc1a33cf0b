import { setTimeout as sleep } from 'node:timers/promises';
import { orAfter } from './bounded.js';
import type { Miss, Packet } from './packet.js';
import type { Transport } from './transport.js';

// Longer than the longest wait between two tries to reconnect (nats.ts), so that those who answer are back as well.
const settleMs = 600;
// A replica that is being replaced is back within a few of these; nobody at all is told so well below half a second.
const noRespondersPauseMs = 100;

/**
 * One call, with the one repetition that its operation allows. What is not repeatable is sent once, whatever happens:
 * a lost answer does not say whether the work was done.
 */
export const ask = async (
  transport: Transport,
  subject: string,
  packet: Packet,
  deadline: number,
  repeatable: boolean,
): Promise<Packet | Miss> => {
  const once = async (): Promise<Packet | Miss> => {
    const leftMs = deadline - Date.now();
    if (leftMs < 1) return 'deadline_exceeded';
    return transport.connected ? transport.send(subject, packet, leftMs) : 'bus_down';
  };
  // A call that starts while the line is down fails at once, whether it may be repeated or not.
  if (!repeatable || !transport.connected) return once();

  const first = once();
  const outcome = transport.losesAnswers
    ? await orAfter(first, (deadline - Date.now()) / 2, 'late' as const)
    : await first;
  switch (outcome) {
    case 'late':
      return eitherAnswer(first, once());
    case 'no_responders':
      await pause(noRespondersPauseMs, deadline);
      return betterThan(outcome, await once());
    case 'bus_down':
      await transport.whenConnected(deadline - Date.now());
      if (!transport.connected) return outcome;
      await pause(settleMs, deadline);
      return betterThan(outcome, await once());
    default:
      return outcome;
  }
};

/** The first outcome says more about what is wrong than running out of time for the second try. */
const betterThan = (first: Miss, second: Packet | Miss): Packet | Miss =>
  second === 'deadline_exceeded' ? first : second;

const pause = (ms: number, deadline: number): Promise<void> => sleep(Math.max(0, Math.min(ms, deadline - Date.now())));

/** The first try may have gone to a process that died, or may only be slow: whichever answers first is taken. */
const eitherAnswer = (first: Promise<Packet | Miss>, second: Promise<Packet | Miss>): Promise<Packet | Miss> =>
  new Promise((resolve) => {
    let missedOne = false;
    const take = (outcome: Packet | Miss): void => {
      if (typeof outcome !== 'string' || missedOne) resolve(outcome);
      missedOne = true;
    };
    void first.then(take);
    void second.then(take);
  });
