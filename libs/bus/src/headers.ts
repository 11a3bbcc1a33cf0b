import { type Context, Fault, type FaultCode, Principal, faultCodes } from '@parley/contracts';
import { z } from 'zod';
import type { Headers } from './packet.js';

const principalHeader = 'X-Parley-Principal';
const deadlineHeader = 'X-Parley-Deadline';
const faultHeader = 'X-Parley-Fault';
// What tools that know NATS's services API look at.
const serviceErrorHeader = 'Nats-Service-Error';
const serviceErrorCodeHeader = 'Nats-Service-Error-Code';

export const contextHeaders = ({ principal, deadline }: Context): Headers => ({
  [principalHeader]: JSON.stringify(principal),
  [deadlineHeader]: String(deadline),
});

/** Who calls and until when. Only the bus itself writes these headers, so what is missing is a caller's bug. */
export const contextOf = (headers: Headers): Context => {
  const principal = Principal.safeParse(parsed(headers[principalHeader]));
  if (!principal.success) throw new Fault('invalid', 'bad_principal', 'The call does not say who calls');
  const deadline = Number(headers[deadlineHeader]);
  if (!Number.isFinite(deadline)) throw new Fault('invalid', 'bad_deadline', 'The call does not say until when');
  return { principal: principal.data, deadline };
};

const FaultOnTheWay = z.object({
  code: z.enum(faultCodes),
  reason: z.string(),
  message: z.string(),
  retryAfterMs: z.number().optional(),
});

const statusOf = (code: FaultCode): string => (code === 'internal' || code === 'unavailable' ? '500' : '400');

/** Everything of a Fault but its cause. */
export const faultHeaders = ({ code, reason, message, retryAfterMs }: Fault): Headers => ({
  // JSON keeps line breaks and the length of a message out of the header's syntax.
  [faultHeader]: JSON.stringify({ code, reason, message, retryAfterMs }),
  [serviceErrorHeader]: `${code} ${JSON.stringify(reason)}`,
  [serviceErrorCodeHeader]: statusOf(code),
});

/** The Fault in an answer, or null when it is a result. */
export const faultOf = (headers: Headers): Fault | null => {
  const text = headers[faultHeader];
  if (text === undefined) {
    const foreign = headers[serviceErrorHeader];
    return foreign === undefined ? null : unreadable(foreign);
  }
  const fault = FaultOnTheWay.safeParse(parsed(text));
  if (!fault.success) return unreadable(text);
  const { code, reason, message, retryAfterMs } = fault.data;
  return new Fault(code, reason, message, retryAfterMs === undefined ? {} : { retryAfterMs });
};

const unreadable = (cause: string): Fault =>
  new Fault('internal', 'internal', 'Something went wrong on our side', { cause });

const parsed = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more thing that the schema refuses.
    return undefined;
  }
};
