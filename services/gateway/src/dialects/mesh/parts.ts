import { notFound, ShortNumber } from '@parley/contracts';
import type { z } from 'zod';
import * as shapes from './shapes.js';

export const unauthenticated = {
  401: { description: 'Could not validate credentials', schema: shapes.Detail },
  403: { description: 'Not authenticated: there was no Bearer header', schema: shapes.Detail },
};
export const forMembers = {
  ...unauthenticated,
  403: { description: 'No Bearer header, or not a member of this organization', schema: shapes.Detail },
  404: { description: 'Organization not found', schema: shapes.Detail },
};
export const ok = (schema: z.ZodType, description = 'OK') => ({ 200: { description, schema } });

export const referenceOf = (orgId: string): { number: number } => {
  const number = ShortNumber.safeParse(Number(orgId));
  if (!number.success) throw notFound('organization');
  return { number: number.data };
};
