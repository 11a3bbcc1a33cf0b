import { trace } from '@opentelemetry/api';
import { faultCodes } from '@parley/contracts';
import type { Fault } from '@parley/contracts';
import { z } from 'zod';
import type { RenderedFault } from '../../protocol/dialect.js';
import { InvalidInput } from '../../protocol/input-issues.js';
import { faultTable, statusOf } from './fault-table.js';

export const FaultCode = z.enum(faultCodes);

export const ProblemIssue = z.object({
  where: z.enum(['body', 'query', 'path']),
  path: z.array(z.union([z.string(), z.number()])),
  message: z.string(),
});

/** RFC 9457 problem details. `type` is the page that explains the reason, made from docs/errors.md. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: FaultCode,
  reason: z.string(),
  traceId: z.string().optional(),
  issues: z.array(ProblemIssue).optional(),
});

export const renderProblem = (fault: Fault): RenderedFault => {
  const status = statusOf(fault);
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return {
    status,
    contentType: 'application/problem+json',
    headers: headersFor(fault),
    body: {
      type: `/docs/errors#${fault.reason}`,
      title: faultTable[fault.code].title,
      status,
      detail: fault.message,
      code: fault.code,
      reason: fault.reason,
      ...(traceId && { traceId }),
      ...(fault instanceof InvalidInput && {
        issues: fault.issues.map(({ where, path, message }) => ({ where, path: [...path], message })),
      }),
    } satisfies z.infer<typeof Problem>,
  };
};

const headersFor = (fault: Fault): Record<string, string> => {
  switch (fault.code) {
    case 'unauthenticated':
      return { 'WWW-Authenticate': fault.reason === 'no_token' ? 'Bearer' : 'Bearer error="invalid_token"' };
    case 'rate_limited':
    case 'unavailable':
      return { 'Retry-After': String(Math.max(1, Math.ceil((fault.retryAfterMs ?? 1000) / 1000))) };
    default:
      return {};
  }
};
