import { createHash } from 'node:crypto';

/** What is kept of an invitation's secret. */
export const hashOfSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();
