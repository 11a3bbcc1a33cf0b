import { setTimeout as sleep } from 'node:timers/promises';
import { type Deadline, deadlineIn, timeLeft } from '@parley/contracts';
import { timeHeaders } from './headers.js';
import type { NoReply, Packet } from './packet.js';
import { createSharedTimers } from './shared-timers.js';
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
      const answer = lateAnswers.length === 0 ? sent : Promise.race([sent, ...lateAnswers]);
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
const attemptOf = (
  transport: Transport,
  { subject, packet, deadline, former }: Question,
  attempt: Attempt,
): Promise<Packet | NoReply> => {
  const leftMs = timeLeft(deadline);
  if (leftMs < 1) return Promise.resolve('deadline_exceeded');
  if (!transport.connected) return Promise.resolve('not_connected');
  const headers = { ...packet.headers, ...timeHeaders(leftMs) };
  const sent = transport.send(subject, { ...packet, headers }, deadline, attempt);
  if (former === undefined) return sent;
  // No process has the call: none of this release runs, or NATS still has the permissions of the previous one.
  const isUnserved = (outcome: Packet | NoReply): boolean => outcome === 'no_responders' || outcome === 'denied';
  return sent.then((outcome) =>
    isUnserved(outcome) ? transport.send(former.subject, { body: former.body(), headers }, deadline, attempt) : outcome,
  );
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
    const outcome = await inTime(answer);
    if (outcome !== 'late') return outcome;
    if (timeLeft(deadline) < 1) return answer;
    const lost = await Promise.race([answer, responderLost()]);
    if (lost === true) return 'lost';
    if (lost !== false) return lost;
  }
};

const suspects = createSharedTimers();

/** The outcome, or `late` once it is time to suspect that it will not come. */
const inTime = (answer: Promise<Packet | NoReply>): Promise<Packet | NoReply | 'late'> =>
  new Promise((resolve) => {
    const cancel = suspects(deadlineIn(suspectAfterMs), () => resolve('late'));
    void answer.then((outcome) => {
      cancel();
      resolve(outcome);
    });
  });

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
