import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderPrefix, own } from './stale-servers.js';

/** PEM files of a server or a client, and of the authority that signed its certificate. */
export interface Certificate {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}
/** Certificates of the stores, for `localhost` and 127.0.0.1, and of their clients. */
export interface Certificates extends Record<'nats' | 'postgres' | 'redis' | 'client', Certificate> {
  readonly folder: string;
  remove(): void;
}

/** Creates an authority and certificates the way operators do; the caller removes them. Needs `openssl`. */
export const makeCertificates = (): Certificates => {
  const folder = mkdtempSync(join(tmpdir(), `${folderPrefix}certificates-`));
  own(folder);
  const script = fileURLToPath(new URL('../../../deploy/tls/make-certificates.sh', import.meta.url));
  execFileSync('sh', [script, folder], { stdio: 'pipe' });
  const of = (name: string): Certificate => ({
    caFile: join(folder, 'ca.crt'),
    certFile: join(folder, `${name}.crt`),
    keyFile: join(folder, `${name}.key`),
  });
  return {
    folder,
    nats: of('nats'),
    postgres: of('postgres'),
    redis: of('redis'),
    client: of('client'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
