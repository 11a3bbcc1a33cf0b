// A client that comes back after its connection ended, and asks for what it missed.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, HandshakeRefused, openClient } from './client.js';
import type { Memory, Wire } from './wire.js';

export interface ReturningClient {
  /** Connects, and resolves when its channels are joined or resumed; tries again until `until` (of performance.now()). Resolves with the attempts. */
  connect(url: string, until: number): Promise<number>;
  /** The same after its connection ended: waits first, as its library does. */
  comeBack(url: string, until: number): Promise<number>;
  /** Ends its connection as a network that is gone does. */
  drop(): Promise<void>;
}

export interface ReturningOptions {
  readonly wire: Wire;
  readonly headers: Readonly<Record<string, string>>;
  readonly channels: readonly string[];
  readonly onDelivery: (frame: string) => void;
  /** Called when the server or the network ends its connection. */
  readonly onLost: () => void;
  /** Called with the reason of each attempt that failed. */
  readonly onRefused: (reason: string) => void;
}

export const createReturningClient = (options: ReturningOptions): ReturningClient => {
  const memory = options.wire.createMemory?.();
  const { reconnection } = options.wire;
  if (memory === undefined || reconnection === undefined) throw new Error('This wire knows no return');
  let client: Client | null = null;
  let isFirst = true;
  const connect = async (url: string, until: number, waited: number): Promise<number> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        client = await connectOnce(url, options, memory, isFirst);
        isFirst = false;
        return attempt;
      } catch (error) {
        options.onRefused((error as Error).message);
        const retryAfterMs = error instanceof HandshakeRefused ? error.retryAfterMs : 0;
        const pauseMs = reconnection.waitMs(waited + attempt, retryAfterMs);
        if (performance.now() + pauseMs > until) throw error;
        await sleep(pauseMs);
      }
    }
  };
  return {
    connect: (url, until) => connect(url, until, 0),
    comeBack: async (url, until) => {
      await sleep(reconnection.waitMs(1, 0));
      return connect(url, until, 1);
    },
    drop: async () => client?.close(),
  };
};

const connectOnce = async (
  url: string,
  { wire, headers, channels, onDelivery, onLost }: ReturningOptions,
  memory: Memory,
  isFirst: boolean,
): Promise<Client> => {
  let isReady = false;
  const client = await openClient({
    ...{ url, wire, headers, onDelivery, onFrame: memory.see },
    hello: isFirst || wire.hello === null ? wire.hello : memory.hello(),
    onLost: () => isReady && onLost(),
    ...(wire.reconnection && { openWithinMs: wire.reconnection.openWithinMs }),
  });
  try {
    if (!isFirst && memory.resume(0) !== null) await client.request((id) => memory.resume(id) ?? '');
    else if (isFirst || !memory.goesOn)
      for (const channel of channels) await client.request((id) => wire.join(id, channel));
  } catch (error) {
    await client.close();
    throw error;
  }
  isReady = true;
  return client;
};
