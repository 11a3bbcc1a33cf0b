import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from './config.js';

/** Paths of PEM files for TLS to a store. */
export interface TlsFiles {
  /** The authorities that may have signed its certificate. Default: those of Node. */
  readonly caFile?: string;
  /** The certificate of this client, and its key. Default: none. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

const path = z.string().trim().min(1).optional();

const stores = {
  PARLEY_NATS: { name: 'NATS', tls: 'With it, or with a URL that begins with `tls://`' },
  PARLEY_DATABASE: {
    name: 'PostgreSQL',
    tls: 'With it, unless `sslmode` in `DATABASE_URL` says [otherwise](operations.md#tls-to-the-stores)',
  },
  PARLEY_REDIS: { name: 'Redis', tls: 'With it, or with a URL that begins with `rediss://`' },
};

/** `PARLEY_NATS_CA_FILE`, `…_CERT_FILE` and `…_KEY_FILE` for the prefix `PARLEY_NATS`; spread into a schema. */
export const tlsVariables = <P extends keyof typeof stores>(prefix: P) => {
  const { name, tls } = stores[prefix];
  return {
    [`${prefix}_CA_FILE`]: path.describe(
      `the authority that signed the certificate of ${name}. ${tls}, a process connects only over TLS; without it the process trusts the authorities of Node`,
    ),
    [`${prefix}_CERT_FILE`]: path.describe(`the client certificate for ${name}, if it asks for one`),
    [`${prefix}_KEY_FILE`]: path.describe('the unencrypted key of that certificate'),
  } as Record<`${P}_${'CA' | 'CERT' | 'KEY'}_FILE`, typeof path>;
};

/**
 * The files of `tlsVariables`; undefined when none is set. They are read at each connection, so that renewed certificates need no restart.
 * Throws a ConfigError for a certificate without its key, and for files with invalid content.
 */
export const tlsFilesOf = <P extends string>(
  prefix: P,
  settings: Partial<Record<`${P}_${'CA' | 'CERT' | 'KEY'}_FILE`, string | undefined>>,
): TlsFiles | undefined => {
  const [ca, cert, key] = (['CA', 'CERT', 'KEY'] as const).map((kind) => {
    const name = `${prefix}_${kind}_FILE` as const;
    return { name, file: settings[name] };
  }) as [Given, Given, Given];
  if (!ca.file && !cert.file && !key.file) return undefined;
  const mistakes = [
    ...(cert.file && !key.file ? [`${key.name}: is missing; the certificate of ${cert.name} needs its key`] : []),
    ...(key.file && !cert.file ? [`${cert.name}: is missing; the key of ${key.name} needs its certificate`] : []),
    ...mistakeOf(ca, 'certificates in PEM form', (text) => new X509Certificate(text)),
    ...mistakeOf(cert, 'a certificate in PEM form', (text) => new X509Certificate(text)),
    ...mistakeOf(key, 'an unencrypted key in PEM form', (text) => createPrivateKey(text)),
  ];
  if (mistakes.length === 0 && cert.file && key.file && !belong(cert.file, key.file))
    mistakes.push(`${key.name}: is not the key of the certificate of ${cert.name}`);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ...(ca.file && { caFile: ca.file }),
    ...(cert.file && { certFile: cert.file }),
    ...(key.file && { keyFile: key.file }),
  };
};

interface Given {
  readonly name: string;
  readonly file: string | undefined;
}

const mistakeOf = ({ name, file }: Given, expected: string, parse: (text: string) => unknown): string[] => {
  if (!file) return [];
  try {
    parse(readFileSync(file, 'utf8'));
    return [];
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Errors of Node's parsers describe the file format; only the system's error code helps an operator.
    return [/^E[A-Z]+$/.test(code) ? `${name}: the file cannot be read (${code})` : `${name}: expected ${expected}`];
  }
};

const belong = (certFile: string, keyFile: string): boolean =>
  new X509Certificate(readFileSync(certFile)).checkPrivateKey(createPrivateKey(readFileSync(keyFile)));
