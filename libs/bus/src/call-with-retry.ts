import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, timeLeft, withTimeout } from '@parley/contracts';
import { timeHeaders } from './headers.js';
import type { NoReply, Packet } from './packet.js';
import type { Attempt, Transport } from './transport.js';

/** One call as a transport takes it; each attempt adds the time that is left. */
export interface Question {
  readonly service: string;
  readonly subject: string;
  readonly packet: Packet;
  readonly deadline: Deadline;
  /** The same call as the previous release served it; absent: it had the same name. */
  readonly former?: { readonly subject: string; readonly body: () => string } | undefined;
}

// Longer than the longest wait between two reconnection attempts (nats-connect.ts), so that responders have reconnected too.
const settleMs = 600;
// A replica that is being replaced returns within a few of these; when there is none at all, the caller learns it well within 0.5 s.
const noRespondersPauseMs = 100;
// After this time without an answer the caller checks whether a process that may have had the call is gone.
const suspectAfterMs = 300;

// A call that crashes each process that receives it must not crash all of them.
const attemptsMax = 4;

/** What is known of a call without an answer. */
export interface Unanswered {
  readonly noReply: NoReply;
  /** Certainly no process received the call. */
  readonly undelivered: boolean;
}

/** After one of these no process has the call. */
const undelivered = new Set<NoReply | 'lost'>(['no_responders', 'not_connected', 'denied', 'too_large']);

/**
 * Makes one call. A repeatable call is sent again when its attempt is known to be lost: because the connection was lost, a process that may
 * have had it is gone, or no process served it. Another call is sent once, whatever happens: a lost answer does not say whether the work
 * was done.
 */
export const callWithRetry = async (
  transport: Transport,
  question: Question,
  repeatable: boolean,
): Promise<Packet | Unanswered> => {
  // A call that starts while the connection is down fails at once, repeatable or not.
  if (!repeatable || !transport.connected) {
    const outcome = await attemptOf(transport, question, {});
    return typeof outcome === 'string' ? unansweredOf([outcome]) : outcome;
  }
  const { responders } = transport;
  responders?.watch(question.service);
  const attempts: Attempt[] = [];
  /**
   * Answers of attempts that seem lost: the process may have answered before it ended, or another one that is only slow may have the call.
   */
  const lateAnswers: Promise<Packet>[] = [];
  const misses: (NoReply | 'lost')[] = [];
  try {
    for (;;) {
      const attempt: Attempt = {};
      attempts.push(attempt);
      const sentAt = performance.now();
      const sent = attemptOf(transport, question, attempt);
      const answer = Promise.race([sent, ...lateAnswers]);
      const outcome = responders
        ? await orLost(answer, () => responders.lostSince(question.service, sentAt), question.deadline)
        : await answer;
      if (typeof outcome !== 'string') return outcome;
      if (outcome === 'lost') lateAnswers.push(answerOf(sent));
      const before = misses.at(-1);
      misses.push(outcome);
      if (attempts.length === attemptsMax || !(await mayAgain(transport, question, outcome, before)))
        return unansweredOf(misses);
    }
  } finally {
    for (const attempt of attempts) attempt.abandon?.();
  }
};

/** One request and its outcome. */
const attemptOf = async (
  transport: Transport,
  { subject, packet, deadline, former }: Question,
  attempt: Attempt,
): Promise<Packet | NoReply> => {
  const leftMs = timeLeft(deadline);
  if (leftMs < 1) return 'deadline_exceeded';
  if (!transport.connected) return 'not_connected';
  const headers = { ...packet.headers, ...timeHeaders(leftMs) };
  const outcome = await transport.send(subject, { ...packet, headers }, deadline, attempt);
  // No process has the call: none of this release runs, or NATS still has the permissions of the previous one.
  if (former === undefined || (outcome !== 'no_responders' && outcome !== 'denied')) return outcome;
  return transport.send(former.subject, { body: former.body(), headers }, deadline, attempt);
};

/** Waits until another attempt makes sense; false when none does. */
const mayAgain = async (
  transport: Transport,
  { deadline }: Question,
  outcome: NoReply | 'lost',
  before: NoReply | 'lost' | undefined,
): Promise<boolean> => {
  switch (outcome) {
    case 'lost':
      return true;
    case 'no_responders':
      if (before === outcome) return false;
      await pause(noRespondersPauseMs, deadline);
      return true;
    case 'bus_down':
    case 'not_connected':
      await transport.whenConnected(timeLeft(deadline));
      if (!transport.connected) return false;
      await pause(settleMs, deadline);
      return true;
    default:
      return false;
  }
};

/**
 * The outcome of `answer`, or `lost` once a process that may have had the call is gone. A responder that is only slow never gets a second
 * attempt, which would make an overloaded one slower still (docs/adr/0014).
 */
const orLost = async (
  answer: Promise<Packet | NoReply>,
  responderLost: () => Promise<boolean>,
  deadline: Deadline,
): Promise<Packet | NoReply | 'lost'> => {
  for (;;) {
    const outcome = await withTimeout(answer, suspectAfterMs, () => 'late' as const);
    if (outcome !== 'late') return outcome;
    if (timeLeft(deadline) < 1) return answer;
    const lost = await Promise.race([answer, responderLost()]);
    if (lost === true) return 'lost';
    if (lost !== false) return lost;
  }
};

/** `misses`: the outcomes of all attempts, at least one. */
const unansweredOf = (misses: readonly (NoReply | 'lost')[]): Unanswered => {
  const [first = 'lost', last = first] = [misses[0], misses.at(-1)];
  // The first outcome describes the problem better than a later timeout of another attempt.
  const clearest = last === 'deadline_exceeded' ? first : last;
  return {
    // The same for the caller: no process can answer.
    noReply: clearest === 'lost' ? 'no_responders' : clearest,
    undelivered: misses.every((miss) => undelivered.has(miss)),
  };
};

/** Settles only with an answer. */
const answerOf = (sent: Promise<Packet | NoReply>): Promise<Packet> =>
  new Promise((resolve) => {
    void sent.then((outcome) => typeof outcome !== 'string' && resolve(outcome));
  });

const pause = (ms: number, deadline: Deadline): Promise<void> => sleep(Math.max(0, Math.min(ms, timeLeft(deadline))));
