import { ErrorCode, NatsError, connect } from 'nats';
import { natsServers } from './nats-servers.js';

/** One sentence that begins with NATS_URL and holds no secret: `unreachable` may pass by waiting, `wrong` needs the operator. */
export type NatsProblem =
  | { readonly kind: 'unreachable'; readonly place: string; readonly sentence: string }
  | { readonly kind: 'wrong'; readonly sentence: string };

const refusals: readonly string[] = [
  ErrorCode.AuthorizationViolation,
  ErrorCode.BadAuthentication,
  ErrorCode.AuthenticationExpired,
];

/** Why Parley cannot connect to any of these servers, or null. One attempt of at most `withinMs` (default 1500) for each of them. */
export const checkNats = async (urls: string, withinMs = 1_500): Promise<NatsProblem | null> => {
  const servers = natsServers(urls);
  const place = servers.servers.map(placeOf).join(', ');
  try {
    const connection = await connect({ ...servers, name: 'check', timeout: withinMs, reconnect: false });
    await connection.close();
    return null;
  } catch (error) {
    if (error instanceof NatsError && refusals.includes(error.code))
      return { kind: 'wrong', sentence: `NATS_URL: NATS at ${place} refused the user or the password` };
    return { kind: 'unreachable', place, sentence: `NATS_URL: no NATS answers at ${place}` };
  }
};

const placeOf = (server: string): string => {
  const { hostname, port } = new URL(server);
  return `${hostname}:${port || 4222}`;
};
