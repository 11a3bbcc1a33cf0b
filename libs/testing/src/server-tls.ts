import type { Certificate } from './certificates.js';

/** The certificate of a server, and whether it requires client certificates of the same authority. */
export interface ServerTls extends Certificate {
  readonly verifyClients?: boolean;
}
