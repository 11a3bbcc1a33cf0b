import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { TlsOptions } from 'nats';

/** PEM files; read at each connection, so that renewed ones need no restart. */
export interface NatsTlsFiles {
  /** The authorities that may have signed the server's certificate; without it those that Node brings. */
  readonly caFile?: string;
  /** The certificate that this client shows, and its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/**
 * Undefined: no TLS is asked for. A URL with `tls:` or a file asks for it, and then a server without it is refused before it is sent a
 * password: the client library goes by what the server offers, not by the URL.
 */
export const natsTls = (servers: string, files: NatsTlsFiles | undefined): TlsOptions | undefined => {
  const urls = servers.split(',').map((text) => new URL(text.trim()));
  if (files === undefined && urls.every(({ protocol }) => protocol !== 'tls:')) return undefined;
  const hosts = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  // The library knows no name for a server that is given by its address, and would compare the certificate with `localhost`.
  const isOneOfThem = (_name: string, certificate: PeerCertificate): Error | undefined => {
    const problems = hosts.map((host) => checkServerIdentity(host, certificate));
    return problems.includes(undefined) ? undefined : problems[0];
  };
  return { ...files, checkServerIdentity: isOneOfThem } as TlsOptions;
};
