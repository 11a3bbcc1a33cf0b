import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, timeLeft } from '@parley/contracts';
import { orAfter } from './bounded.js';
import { timeHeaders } from './headers.js';
import type { Miss, Packet } from './packet.js';
import type { Attempt, Transport } from './transport.js';

/** One call as it is handed to a transport; the time that is left is added to each attempt. */
export interface Question {
  readonly service: string;
  readonly subject: string;
  readonly packet: Packet;
  readonly deadline: Deadline;
}

// Longer than the longest wait between two tries to reconnect (nats.ts), so that those who answer are back as well.
const settleMs = 600;
// A replica that is being replaced is back within a few of these; nobody at all is told so well below half a second.
const noRespondersPauseMs = 100;
// An answer that takes longer than this is a reason to look whether a process that could have had the call is gone.
const suspectAfterMs = 300;

/**
 * One call, with the one repetition that its operation allows. What is not repeatable is sent once, whatever happens:
 * a lost answer does not say whether the work was done.
 */
export const ask = async (transport: Transport, question: Question, repeatable: boolean): Promise<Packet | Miss> => {
  const { service, subject, packet, deadline } = question;
  const once = async (attempt?: Attempt): Promise<Packet | Miss> => {
    const leftMs = timeLeft(deadline);
    if (leftMs < 1) return 'deadline_exceeded';
    if (!transport.connected) return 'bus_down';
    return transport.send(
      subject,
      { ...packet, headers: { ...packet.headers, ...timeHeaders(leftMs) } },
      deadline,
      attempt,
    );
  };
  // A call that starts while the line is down fails at once, whether it may be repeated or not.
  if (!repeatable || !transport.connected) return once();

  const { responders } = transport;
  responders?.watch(service);
  const askedAt = performance.now();
  const attempt: Attempt = {};
  const first = once(attempt);
  const outcome = responders
    ? await orLost(first, () => responders.lostSince(service, askedAt), deadline)
    : await first;
  switch (outcome) {
    case 'lost':
      return eitherAnswer(first, once()).finally(() => attempt.abandon?.());
    case 'no_responders':
      await pause(noRespondersPauseMs, deadline);
      return betterThan(outcome, await once());
    case 'bus_down':
      await transport.whenConnected(timeLeft(deadline));
      if (!transport.connected) return outcome;
      await pause(settleMs, deadline);
      return betterThan(outcome, await once());
    default:
      return outcome;
  }
};

/**
 * The outcome of the first attempt, or `lost` once a process that may have had the call is gone. A responder that is only slow is
 * never sent a second attempt: it would make an overloaded one slower still (docs/adr/0014).
 */
const orLost = async (
  first: Promise<Packet | Miss>,
  responderLost: () => Promise<boolean>,
  deadline: Deadline,
): Promise<Packet | Miss | 'lost'> => {
  for (;;) {
    const outcome = await orAfter(first, suspectAfterMs, 'late' as const);
    if (outcome !== 'late') return outcome;
    if (timeLeft(deadline) < 1) return first;
    const lost = await Promise.race([first, responderLost()]);
    if (lost === true) return 'lost';
    if (lost !== false) return lost;
  }
};

/** The first outcome says more about what is wrong than running out of time for the second try. */
const betterThan = (first: Miss, second: Packet | Miss): Packet | Miss =>
  second === 'deadline_exceeded' ? first : second;

const pause = (ms: number, deadline: Deadline): Promise<void> => sleep(Math.max(0, Math.min(ms, timeLeft(deadline))));

/** The first attempt may still be answered by a process that finished it before it went: the first answer of either is taken. */
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
