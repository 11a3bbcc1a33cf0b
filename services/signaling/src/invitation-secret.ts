import { createHash } from 'node:crypto';

/** The stored form of an invitation's secret. */
export const hashOfSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();
