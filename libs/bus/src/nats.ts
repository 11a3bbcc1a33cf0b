import { createRequire } from 'node:module';
import { withTimeout } from '@parley/contracts';
import type { NatsConnection } from 'nats';
import type { Bus, Serving } from './bus.js';
import { clientOf } from './client.js';
import { type BusCounts, publishEvent } from './events.js';
import { faultOfNoReply } from './faults.js';
import { createInFlight } from './in-flight.js';
import { type NatsOptions, dialPatiently, watch } from './nats-connect.js';
import { createFlush } from './nats-flush.js';
import { type Listened, NatsListening } from './nats-listen.js';
import { bytesOf, toNatsHeaders } from './nats-packet.js';
import { serveOverNats } from './nats-serve.js';
import { createTransport } from './nats-transport.js';
import { writeAtTurnEnd } from './turn-end.js';

const drainLimitMs = 10_000;
const flushLimitMs = 2000;
// What the monitoring of NATS shows of a service.
const { version: versionDefault } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Connects the bus to NATS. Rejects when the first connection takes longer than 10 s; afterwards reconnects without limit. */
export const connectNats = async (options: NatsOptions): Promise<Bus & { readonly counts: BusCounts }> => {
  const nc = await dialPatiently(options);
  const bus = natsBus(nc, options);
  try {
    await bus.ready();
    return bus;
  } catch (error) {
    await nc.close();
    throw error;
  }
};

const natsBus = (
  nc: NatsConnection,
  { name, log, meter }: NatsOptions,
): Bus & { readonly counts: BusCounts; ready(): Promise<void> } => {
  const counts: BusCounts = { refusedEvents: 0, droppedEvents: 0, denied: 0, disconnections: 0 };
  const connection = watch(nc, log, ({ operation, subject }) => {
    counts.denied += 1;
    if (operation === 'publish') transport.deny(subject);
  });
  connection.onChange((connected) => void (connected || (counts.disconnections += 1)));
  const calls = createInFlight();
  const turnEnd = writeAtTurnEnd(nc);
  const transport = createTransport({ nc, connection, turnEnd, calls, log, meter, name });
  const flushed = createFlush(nc, connection);
  const servings = new Set<Serving>();
  const listened: Listened = { log, counts, inQueues: new Set(), isClosing: false };
  let drained: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    await Promise.all([...servings].map((serving) => serving.stop()));
    await calls.idle(drainLimitMs);
    listened.isClosing = true;
    for (const listening of [...listened.inQueues]) listening.stop();
    await withTimeout(flushed(), flushLimitMs, () => undefined);
    await nc.close();
    connection.set(false);
  };

  return {
    counts,
    ready: async () => {
      await flushed();
      const { inboxError } = transport;
      if (inboxError) throw new Error('NATS refuses the inbox of this connection', { cause: inboxError });
    },
    serve: async (contract, handlers, options) => {
      if (nc.isClosed()) throw faultOfNoReply('bus_down');
      const version = options?.version ?? versionDefault;
      const serving = await serveOverNats({ nc, connection, turnEnd, log, meter }, contract, handlers, version);
      const own: Serving = {
        stop: async () => {
          await serving.stop();
          servings.delete(own);
          await withTimeout(flushed(), flushLimitMs, () => undefined);
        },
      };
      servings.add(own);
      await flushed();
      if (serving.isRefused) throw faultOfNoReply('denied');
      return own;
    },
    client: (contract) => clientOf(contract, transport),
    publish: (event, audience) => {
      if (!connection.connected) {
        counts.droppedEvents += audience.length;
        return;
      }
      let bytes: Uint8Array | undefined;
      publishEvent(
        event,
        audience,
        (subject, { body, headers }) => nc.publish(subject, (bytes ??= bytesOf(body)), toNatsHeaders(headers)),
        { log, counts, meter, handsOver: false },
      );
    },
    listen: async (subject, schema, handler, options) => {
      if (nc.isClosed()) throw faultOfNoReply('bus_down');
      const { queue, except } = options ?? {};
      const listening = new NatsListening(nc, queue, subject, schema, handler, except, listened);
      await flushed();
      if (listening.isRefused) {
        listening.stop();
        throw faultOfNoReply('denied');
      }
      return listening;
    },
    get connected() {
      return connection.connected;
    },
    onConnectionChange: connection.onChange,
    drain: () => (drained ??= drain()),
  };
};
