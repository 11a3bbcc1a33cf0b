// Many clients that come back, with an exact account of what came to each.
import pMap from 'p-map';
import type { Seating, Target } from '../targets/target.js';
import { channelsByClient } from './crowd.js';
import { createLedger, type Ledger } from './ledger.js';
import { createReturningClient, type ReturningClient } from './returning-client.js';
import { nowMicros, readStamp, type Stamp } from './stamp.js';

export interface Delivered extends Stamp {
  readonly client: number;
  /** From the send to the delivery. */
  readonly ms: number;
}

export interface ReturningCrowd {
  readonly clients: readonly ReturningClient[];
  readonly ledger: Ledger;
  /** Attempts to connect that failed, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

interface Listeners {
  /** A message that came for the first time. */
  delivered(message: Delivered): void;
  /** A client whose connection was ended by the other side. */
  lost(client: number): void;
}

/** Of the first `count` clients of the seating; none is connected yet. All stamps are of step `step`. */
export const createReturningCrowd = (
  { wire }: Target,
  seating: Seating,
  count: number,
  step: number,
  listeners: Listeners,
): ReturningCrowd => {
  const refusals: Record<string, number> = {};
  const ledger = createLedger(seating.members);
  const channels = channelsByClient(seating);
  const clients = seating.headers.slice(0, count).map((headers, index) =>
    createReturningClient({
      wire,
      headers,
      channels: channels[index] ?? [],
      onDelivery: (frame) => {
        const stamp = readStamp(frame);
        if (stamp?.step !== step || !ledger.deliver(index, stamp.channel, stamp.sequence)) return;
        listeners.delivered({ ...stamp, client: index, ms: (nowMicros() - stamp.micros) / 1e3 });
      },
      onLost: () => listeners.lost(index),
      onRefused: (reason) => void (refusals[reason] = (refusals[reason] ?? 0) + 1),
    }),
  );
  return {
    clients,
    ledger,
    refusals,
    close: () => pMap(clients, (client) => client.drop(), { concurrency: 100 }).then(() => undefined),
  };
};

/** Connects all, so many at once; resolves with how many attempts there were. */
export const connectAll = async (
  clients: readonly ReturningClient[],
  url: string,
  atOnce: number,
  withinMs: number,
): Promise<number> => {
  const until = performance.now() + withinMs;
  const attempts = await pMap(clients, (client) => client.connect(url, until), { concurrency: atOnce });
  return attempts.reduce((sum, each) => sum + each, 0);
};
