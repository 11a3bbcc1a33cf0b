import { ErrorCode } from 'nats';

/** One sentence that begins with NATS_URL and holds no secret. `unreachable` may be temporary; `wrong` needs the operator. */
export type NatsProblem =
  | { readonly kind: 'unreachable'; readonly place: string; readonly sentence: string }
  | { readonly kind: 'wrong'; readonly sentence: string };

/** A connection to NATS that could not be opened; its message is the sentence of a NatsProblem. */
export class NatsConnectError extends Error {
  override readonly name = 'NatsConnectError';
}

const refusals: readonly string[] = [
  ErrorCode.AuthorizationViolation,
  ErrorCode.BadAuthentication,
  ErrorCode.AuthenticationExpired,
];

/** Error codes of OpenSSL and Node for a certificate that no trusted authority signed. */
const untrusted: readonly string[] = [
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Classifies the error of an attempt to connect to these servers. */
export const natsProblem = (error: unknown, urls: string, usesTls: boolean): NatsProblem => {
  const place = urls
    .split(',')
    .map((text) => hostAndPortOf(text.trim()))
    .join(', ');
  const { code = '' } = error as { readonly code?: string };
  const wrong = (text: string): NatsProblem => ({ kind: 'wrong', sentence: `NATS_URL: ${text}` });
  if (refusals.includes(code)) return wrong(`NATS at ${place} refused the user or the password`);
  if (untrusted.includes(code))
    return wrong(
      `the certificate of NATS at ${place} is signed by no authority that PARLEY_NATS_CA_FILE or Node knows (${code})`,
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return wrong(`the certificate of NATS is not for ${place}; connect to a name that it has`);
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return wrong(`the certificate of NATS at ${place} is not valid now (${code})`);
  if (code === String(ErrorCode.ServerOptionNotAvailable))
    return wrong(`NATS at ${place} offers no TLS, which the URL or PARLEY_NATS_CA_FILE asks for`);
  const silent = usesTls && code === String(ErrorCode.Timeout);
  return {
    kind: 'unreachable',
    place,
    sentence: silent
      ? `NATS_URL: NATS at ${place} does not answer over TLS; perhaps it asks for a client certificate that it trusts (PARLEY_NATS_CERT_FILE, PARLEY_NATS_KEY_FILE)`
      : `NATS_URL: no NATS answers at ${place}`,
  };
};

const hostAndPortOf = (server: string): string => {
  const { hostname, port } = new URL(server);
  return `${hostname}:${port || 4222}`;
};
