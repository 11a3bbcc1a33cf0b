// A client that comes back after its connection ended, and asks for what it missed.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, openClient } from './client.js';
import type { Memory, Wire } from './wire.js';

export interface ReturningClient {
  /** Connects, and resolves when its channels are joined or resumed; tries again until `until` (of performance.now()). Resolves with the attempts. */
  connect(url: string, until: number): Promise<number>;
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

/** The wait before another attempt, as the SDK has it: random below a limit that doubles. */
const waitMs = { first: 200, max: 5_000 };

export const createReturningClient = (options: ReturningOptions): ReturningClient => {
  const memory = options.wire.createMemory?.();
  if (memory === undefined) throw new Error('This wire knows no return');
  let client: Client | null = null;
  let isFirst = true;
  return {
    connect: async (url, until) => {
      for (let attempt = 1, limitMs = waitMs.first; ; attempt += 1, limitMs = Math.min(2 * limitMs, waitMs.max)) {
        try {
          client = await connectOnce(url, options, memory, isFirst);
          isFirst = false;
          return attempt;
        } catch (error) {
          options.onRefused((error as Error).message);
          const pauseMs = Math.random() * limitMs;
          if (performance.now() + pauseMs > until) throw error;
          await sleep(pauseMs);
        }
      }
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
