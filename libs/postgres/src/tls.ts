import { readFileSync } from 'node:fs';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/** PEM files; read at each connection, so that renewed ones need no restart. */
export interface DatabaseTlsFiles {
  /** The authorities that may have signed the server's certificate. Default: those of Node. */
  readonly caFile?: string;
  /** The certificate of this client, and its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Options of `pg`; `ssl: false` is a connection without TLS. */
export interface DatabaseTarget {
  readonly connectionString: string;
  readonly ssl: TlsOptions | false;
}

/**
 * Parses a URL like libpq: `sslmode`, `sslrootcert`, `sslcert` and `sslkey` configure TLS with the meaning that they have there (`prefer`
 * and `allow` are refused by databaseUrlMistake). `files` apply where the URL names none; with one of them and no `sslmode` the mode is
 * `verify-full`, else `disable`.
 */
export const databaseTarget = (text: string, files: DatabaseTlsFiles = {}): DatabaseTarget => {
  const url = new URL(text);
  const taken = (name: string): string | undefined => {
    const value = url.searchParams.get(name) ?? undefined;
    url.searchParams.delete(name);
    return value;
  };
  const mode = taken('sslmode');
  const [caFile, certFile, keyFile] = [taken('sslrootcert'), taken('sslcert'), taken('sslkey')];
  const chosen: DatabaseTlsFiles = {
    ...files,
    ...(caFile && { caFile }),
    ...(certFile && { certFile, keyFile: keyFile ?? '' }),
  };
  const effective = mode ?? (Object.keys(chosen).length > 0 ? 'verify-full' : 'disable');
  if (effective === 'disable') return { connectionString: url.toString(), ssl: false };
  return {
    connectionString: url.toString(),
    ssl: new TlsOptions(url.hostname.replace(/^\[|\]$/g, ''), effective, chosen),
  };
};

/**
 * Options of `tls.connect`. A class, because knex copies plain objects: the file properties are getters that read the files anew for each
 * connection, for which `pg` makes a copy.
 */
class TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined;

  constructor(host: string, mode: string, { caFile, certFile, keyFile }: DatabaseTlsFiles) {
    // As in libpq: with a CA, `require` behaves like `verify-ca`.
    this.rejectUnauthorized = mode !== 'require' || caFile !== undefined;
    this.checkServerIdentity = (_name, certificate) =>
      mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined;
    for (const [name, file] of Object.entries({ ca: caFile, cert: certFile, key: keyFile }))
      if (file !== undefined)
        Object.defineProperty(this, name, { get: latestOf(file), enumerable: true, configurable: true });
  }
}

/** Throws when the first read of the file fails. */
const latestOf = (file: string): (() => Buffer) => {
  let latest = readFileSync(file);
  return () => {
    try {
      latest = readFileSync(file);
    } catch {
      // The file is being replaced, and `pg` could not report an error here: the next connection reads it again.
    }
    return latest;
  };
};

const certificateCodes = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
]);

/** Describes a TLS error of a connection attempt, as the end of a sentence about the server; null: not a TLS error. */
export const tlsProblem = (error: unknown): string | null => {
  const { code = '', message = '' } = (error ?? {}) as { readonly code?: string; readonly message?: string };
  if (message === 'The server does not support SSL connections')
    return 'offers no TLS; use sslmode=disable only on a network that no other host reaches';
  if (certificateCodes.has(code))
    return 'shows a certificate that is signed by no authority of PARLEY_DATABASE_CA_FILE or sslrootcert';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'shows a certificate for another name; name the host as the certificate does';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'shows a certificate that is not valid now';
  if (/certificate/.test(message) && code === '28000')
    return 'asks for a client certificate: PARLEY_DATABASE_CERT_FILE and PARLEY_DATABASE_KEY_FILE, or sslcert and sslkey';
  if (code.startsWith('ERR_SSL_')) return `ended the TLS handshake (${code})`;
  if (/no encryption/.test(message) && code === '28000')
    return 'takes no connection of this user without TLS; set sslmode';
  return null;
};
