import { Fault } from '@parley/contracts';
import type { z } from 'zod';
import type { NoReply } from './packet.js';

const retryAfterMs = 1000;

/** The Fault of a call that nobody answered. */
export const faultOfNoReply = (miss: NoReply): Fault => {
  switch (miss) {
    case 'no_responders':
      return new Fault('unavailable', miss, 'The service is not available right now', { retryAfterMs });
    case 'deadline_exceeded':
      return new Fault('unavailable', miss, 'The service did not answer in time', { retryAfterMs });
    case 'bus_down':
      return new Fault('unavailable', miss, 'The connection between services is down', { retryAfterMs });
    case 'denied':
      return new Fault('unavailable', 'bus_denied', 'The service may not be asked for that', { retryAfterMs });
    case 'too_large':
      return new Fault('invalid', miss, 'The request is too large');
  }
};

/** Ours to mend: whoever answers should have paged. The cause makes the server log it. */
export const replyTooLarge = (characters: number): Fault =>
  new Fault('internal', 'reply_too_large', 'The answer is too large', {
    cause: `An answer of ${characters} characters`,
  });

const messageLengthMax = 200;

/** Names the first place and the rule that broke; never a value, nor a key that a client chose. */
const firstMistake = (error: z.ZodError): string => {
  const issue = error.issues[0];
  if (!issue) return 'Invalid input';
  const rule = issue.code === 'unrecognized_keys' ? 'Unrecognized key' : issue.message;
  const place = issue.path.map(String).join('.');
  return (place ? `${place}: ${rule}` : rule).slice(0, messageLengthMax);
};

export const invalidInput = (error: z.ZodError): Fault => new Fault('invalid', 'invalid_input', firstMistake(error));

/** Both sides come from one contract, so a wrong answer is a bug or a version that should not be there. */
export const invalidOutput = (cause: unknown): Fault =>
  new Fault('internal', 'invalid_output', 'The service answered with something unexpected', { cause });
