import { Fault } from '@parley/contracts';
import type { z } from 'zod';
import type { NoReply } from './packet.js';

const retryAfterMs = 1000;

/** The Fault of a call that got no answer. `undelivered`: certainly no process received it. */
export const faultOfNoReply = (miss: NoReply, undelivered = false): Fault => {
  const details = { retryAfterMs, ...(undelivered && { undelivered }) };
  switch (miss) {
    case 'no_responders':
      return new Fault('unavailable', miss, 'The service is not available right now', details);
    case 'deadline_exceeded':
      return new Fault('unavailable', miss, 'The service did not answer in time', details);
    case 'bus_down':
    case 'not_connected':
      return new Fault('unavailable', 'bus_down', 'The connection between services is down', details);
    case 'denied':
      return new Fault('unavailable', 'bus_denied', 'The service may not be asked for that', details);
    case 'too_large':
      return new Fault('invalid', miss, 'The request is too large');
  }
};

/** A bug on this side: the operation should page its output. The cause makes the server log it. */
export const replyTooLarge = (characters: number): Fault =>
  new Fault('internal', 'reply_too_large', 'The answer is too large', {
    cause: `An answer of ${characters} characters`,
  });

const messageLengthMax = 200;

/** Names the first invalid field and the rule that it broke; never a value, nor a key that a client chose. */
const firstMistake = (error: z.ZodError): string => {
  const issue = error.issues[0];
  if (!issue) return 'The request is not in the documented form';
  const place = issue.path.map(String).join('.');
  return (place ? `${place}: ${issue.message}` : issue.message).slice(0, messageLengthMax);
};

export const invalidInput = (error: z.ZodError): Fault => new Fault('invalid', 'invalid_input', firstMistake(error));

/** Both sides share one contract, so an invalid answer is a bug or an unsupported version. */
export const invalidOutput = (cause: unknown): Fault =>
  new Fault('internal', 'invalid_output', 'The service answered with something unexpected', { cause });
