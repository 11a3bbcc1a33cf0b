import { ErrorCode, type NatsConnection, NatsError } from 'nats';
import type { BusLog } from './bus.js';
import type { Connection } from './connection.js';
import type { InFlight } from './in-flight.js';
import { bytesOf, packetOf, toNatsHeaders } from './nats-packet.js';
import type { Miss, Packet } from './packet.js';
import type { Transport } from './transport.js';

/** Requests over NATS. What is in flight when the line goes down ends at once: its answer went to a subscription that is gone. */
export const createTransport = (
  nc: NatsConnection,
  connection: Connection,
  calls: InFlight,
  log: BusLog,
): Transport => {
  const waiting = new Set<(miss: Miss) => void>();
  connection.onChange((connected) => {
    if (connected) return;
    for (const end of [...waiting]) end('bus_down');
  });

  const send = (subject: string, { body, headers }: Packet, timeoutMs: number): Promise<Packet | Miss> =>
    new Promise((resolve) => {
      const end = (outcome: Packet | Miss): void => {
        waiting.delete(end);
        resolve(outcome);
      };
      waiting.add(end);
      nc.request(subject, bytesOf(body), { timeout: timeoutMs, noMux: false, ...toNatsHeaders(headers) })
        .then((answer) => end(packetOf(answer)))
        .catch((error: unknown) => end(missOf(error, subject, log)));
    });

  return {
    get connected() {
      return connection.connected;
    },
    losesAnswers: true,
    log,
    whenConnected: connection.whenConnected,
    send: (subject, packet, timeoutMs) => calls.track(send(subject, packet, timeoutMs)),
  };
};

const missOf = (error: unknown, subject: string, log: BusLog): Miss => {
  switch (error instanceof NatsError ? error.code : undefined) {
    case ErrorCode.NoResponders:
      return 'no_responders';
    case ErrorCode.Timeout:
      return 'deadline_exceeded';
    case ErrorCode.MaxPayloadExceeded:
      return 'too_large';
    case ErrorCode.ConnectionClosed:
    case ErrorCode.ConnectionDraining:
    case ErrorCode.Disconnect:
    case ErrorCode.Cancelled:
      return 'bus_down';
    default:
      log.error({ err: error, subject }, 'A request failed in a way we do not know');
      return 'bus_down';
  }
};
