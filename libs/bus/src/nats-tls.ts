import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { TlsOptions } from 'nats';

/** PEM files; read at each connection, so that renewed ones need no restart. */
export interface NatsTlsFiles {
  /** The authorities that may have signed the server's certificate. Default: those of Node. */
  readonly caFile?: string;
  /** The certificate of this client, and its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/**
 * TLS options; undefined when TLS is not requested. A URL with `tls:` or a file requests it, and then a server without TLS is refused
 * before a password is sent to it: the client library decides by what the server offers, not by the URL.
 */
export const natsTls = (servers: string, files: NatsTlsFiles | undefined): TlsOptions | undefined => {
  const urls = servers.split(',').map((text) => new URL(text.trim()));
  if (files === undefined && urls.every(({ protocol }) => protocol !== 'tls:')) return undefined;
  const hosts = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  // The library passes no server name for an IP address, and would compare the certificate with `localhost`.
  const isOneOfThem = (_name: string, certificate: PeerCertificate): Error | undefined => {
    const problems = hosts.map((host) => checkServerIdentity(host, certificate));
    return problems.includes(undefined) ? undefined : problems[0];
  };
  return { ...files, checkServerIdentity: isOneOfThem } as TlsOptions;
};
