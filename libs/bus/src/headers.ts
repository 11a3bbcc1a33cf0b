import {
  type Context,
  type Deadline,
  Fault,
  type FaultCode,
  Principal,
  type TraceHeaders,
  deadlineIn,
  faultCodes,
} from '@parley/contracts';
import { z } from 'zod';
import type { Headers } from './packet.js';

const principalHeader = 'X-Parley-Principal';
const timeLeftHeader = 'X-Parley-Time-Left';
// Epoch milliseconds. Kept for 0.1.0 until the release after it: always written, and read when the other header is missing.
const deadlineHeader = 'X-Parley-Deadline';
const faultHeader = 'X-Parley-Fault';
// Read by tools for NATS's services API.
const serviceErrorHeader = 'Nats-Service-Error';
const serviceErrorCodeHeader = 'Nats-Service-Error-Code';

const principalTextsMax = 2_000;
/**
 * A connection calls with the same principal for as long as it lives; a service makes a new one for each call in its own name. Few, because most
 * connections are idle, and a text is 256 bytes.
 */
const principalTexts = new Map<Principal, string>();

const textOf = (principal: Principal): string => {
  const known = principalTexts.get(principal);
  if (known !== undefined) return known;
  const text = JSON.stringify(principal);
  if (principal.kind !== 'account') return text;
  if (principalTexts.size >= principalTextsMax) principalTexts.clear();
  principalTexts.set(principal, text);
  return text;
};

export const principalHeaders = (principal: Principal): Headers => ({ [principalHeader]: textOf(principal) });

/** A duration, because the two hosts have different clocks: the receiver's deadline starts when it reads the call. */
export const timeHeaders = (leftMs: number): Headers => ({
  [timeLeftHeader]: String(Math.ceil(leftMs)),
  [deadlineHeader]: String(Math.ceil(Date.now() + leftMs)),
});

/** The Context of a call. Only the bus writes these headers, so a missing one is a bug of the caller. */
export const contextOf = (headers: Headers, trace?: TraceHeaders): Context => ({
  principal: principalOf(headers[principalHeader] ?? ''),
  deadline: deadlineOf(headers),
  trace,
});

const principalsMax = 10_000;
/** By their text, which the same caller repeats. Handlers share them, so they cannot be changed. */
const principals = new Map<string, Principal>();

const principalOf = (text: string): Principal => {
  const known = principals.get(text);
  if (known) return known;
  const read = Principal.safeParse(parsed(text));
  if (!read.success) throw new Fault('invalid', 'bad_principal', 'The call does not say who calls');
  if (principals.size >= principalsMax) principals.clear();
  principals.set(text, Object.freeze(read.data));
  return read.data;
};

const deadlineOf = (headers: Headers): Deadline => {
  const left = headers[timeLeftHeader];
  const leftMs = left === undefined ? Number(headers[deadlineHeader]) - Date.now() : Number(left);
  if (!Number.isFinite(leftMs)) throw new Fault('invalid', 'bad_deadline', 'The call does not say until when');
  return deadlineIn(leftMs);
};

const FaultOnTheWay = z.object({
  code: z.enum(faultCodes),
  reason: z.string(),
  message: z.string(),
  retryAfterMs: z.number().optional(),
});

const statusOf = (code: FaultCode): string => (code === 'internal' || code === 'unavailable' ? '500' : '400');

/** All fields of a Fault except its cause. */
export const faultHeaders = ({ code, reason, message, retryAfterMs }: Fault): Headers => ({
  // JSON escapes line breaks, which header syntax forbids.
  [faultHeader]: JSON.stringify({ code, reason, message, retryAfterMs }),
  [serviceErrorHeader]: `${code} ${JSON.stringify(reason)}`,
  [serviceErrorCodeHeader]: statusOf(code),
});

/** The Fault of an answer, or null when it is a result. */
export const faultOf = (headers: Headers): Fault | null => {
  const text = headers[faultHeader];
  if (text === undefined) {
    const foreign = headers[serviceErrorHeader];
    return foreign === undefined ? null : unreadable(foreign);
  }
  const fault = FaultOnTheWay.safeParse(parsed(text));
  if (!fault.success) return unreadable(text);
  const { code, reason, message, retryAfterMs } = fault.data;
  return new Fault(code, reason, message, { answered: true, ...(retryAfterMs !== undefined && { retryAfterMs }) });
};

const unreadable = (cause: string): Fault =>
  new Fault('internal', 'internal', 'Something went wrong on our side', { cause });

const parsed = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Text that is not JSON is refused by the schema.
    return undefined;
  }
};
