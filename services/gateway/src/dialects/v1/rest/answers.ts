import type { z } from 'zod';
import type { Reply, RouteSpec } from '../../../protocol/routes.js';
import { Problem } from '../problem.js';

type Responses = RouteSpec<undefined, undefined, undefined, 'anyone'>['responses'];

const problems = {
  400: 'The body is not valid JSON.',
  401: 'The token is missing or not valid here.',
  403: 'The account is not allowed to do this.',
  404: 'It does not exist, or the account may not see it.',
  409: 'The request conflicts with existing data.',
  422: 'A part of the request does not have its documented shape.',
  429: 'Too many requests; wait for `Retry-After` seconds.',
} as const;

/** The responses of a route: its own success, and the problems that it can return. */
export const answers = (success: Responses, ...statuses: (keyof typeof problems)[]): Responses => {
  const responses: Record<number, { description: string; schema?: z.ZodType }> = { ...success };
  for (const status of statuses) responses[status] = { description: problems[status], schema: Problem };
  return responses;
};

export const noContent: Reply = { status: 204 };

/** `{status: schema}` for a JSON response. */
export const ok = (description: string, schema: z.ZodType): Responses => ({ 200: { description, schema } });
export const created = (description: string, schema: z.ZodType): Responses => ({ 201: { description, schema } });
export const done = (description: string): Responses => ({ 204: { description } });
