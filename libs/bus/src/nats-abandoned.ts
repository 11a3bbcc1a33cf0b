import type { NatsConnection } from 'nats';

/** The parts of the client's protocol handler that decide what a closed transport means; the client does not type them. */
interface ProtocolHandler {
  readonly transport: { readonly isClosed: boolean };
  readonly connectPromise: Promise<unknown> | null;
  connected: boolean;
  disconnected(error?: Error): Promise<void>;
  flushPending(): void;
}

/**
 * Makes the client ignore the end of a connection attempt that it gave up. It leaves the socket of such an attempt open (nats 2.29: until
 * there is an INFO, closing a transport does nothing), and takes its later end for that of the present connection: it connects a second
 * time and keeps both. Requests that arrive on one are then answered on the other, where the server permits no answer.
 */
export const ignoreAbandoned = (nc: NatsConnection): void => {
  const { protocol } = nc as unknown as { readonly protocol: ProtocolHandler };
  const disconnected = protocol.disconnected.bind(protocol);
  protocol.disconnected = async (error) => {
    if (protocol.transport.isClosed) return disconnected(error);
    await protocol.connectPromise?.catch(() => undefined);
    if (protocol.transport.isClosed) return;
    // The caller has just set it to false.
    protocol.connected = true;
    protocol.flushPending();
  };
};
