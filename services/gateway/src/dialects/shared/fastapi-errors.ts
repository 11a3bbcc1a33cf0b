import type { Fault, FaultCode } from '@parley/contracts';
import { z } from 'zod';
import type { RenderedFault } from '../../protocol/dialect.js';
import { InvalidInput } from '../../protocol/input-issues.js';
import type { InputIssue } from '../../protocol/input-issues.js';

// The old servers were all FastAPI: errors are {"detail": …}, with a list of issues for input of the wrong shape.

const statusByCode: Readonly<Record<FaultCode, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 400,
  exhausted: 400,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
};

/** The body of every error of the old servers, for their documents. */
export const fastApiFault = {
  name: 'DetailError',
  mediaType: 'application/json',
  schema: z.object({
    detail: z.union([
      z.string(),
      z.array(z.object({ type: z.string(), loc: z.array(z.union([z.string(), z.int()])), msg: z.string() })),
    ]),
  }),
  example: { detail: [{ type: 'missing', loc: ['body', 'password'], msg: 'Field required' }] },
};

/** A dialect's own status and text for a fault, by its reason. */
export type Wording = Readonly<Record<string, { readonly status: number; readonly detail: string }>>;

/** Renders a fault as the old servers did, with the dialect's own text where it has one. */
export const detailOf = (fault: Fault, wording: Wording): RenderedFault => {
  if (fault instanceof InvalidInput) return { status: 422, body: { detail: fault.issues.map(pydanticIssue) } };
  const own = wording[fault.reason];
  const status = own?.status ?? (fault.reason === 'too_large' ? 413 : statusByCode[fault.code]);
  return {
    status,
    ...(status === 401 ? { headers: { 'WWW-Authenticate': 'Bearer' } } : {}),
    body: { detail: own?.detail ?? fault.message },
  };
};

const pydanticIssue = ({ where, path, isMissing, message }: InputIssue) => ({
  type: isMissing ? 'missing' : 'value_error',
  loc: [where, ...path],
  msg: isMissing ? 'Field required' : message,
});
