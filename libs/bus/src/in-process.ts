import { type Contract, type Handlers, callSubject, everyEventOf, everyScopeOf } from '@parley/contracts';
import type { Bus, BusLog, BusMeter, Serving } from './bus.js';
import { clientOf } from './client.js';
import { type Connection, createConnection } from './connection.js';
import { type Exchange, createExchange } from './exchange.js';
import { type BusCounts, publishEvent } from './events.js';
import { faultOfNoReply } from './faults.js';
import { freezeValue } from './freeze.js';
import { type InFlight, createInFlight } from './in-flight.js';
import { type InProcessListened, InProcessListening } from './in-process-listen.js';
import type { NoReply, Packet } from './packet.js';
import { type Answer, endpointsOf } from './serve.js';
import { createSharedTimers } from './shared-timers.js';
import type { Transport } from './transport.js';

const drainLimitMs = 10_000;

const consoleLog: BusLog = {
  warn: (details, message) => console.warn(message, details),
  error: (details, message) => console.error(message, details),
};

export interface InProcessOptions {
  /** Default: the console. */
  readonly log?: BusLog;
  readonly meter?: BusMeter | undefined;
  /**
   * Whether values that are handed over are frozen, with all that they hold. Default: true, as in tests, which so show that neither side
   * changes them. A server that has been tested saves it.
   */
  readonly freezes?: boolean;
}

/**
 * A bus within one process: the same semantics as over NATS, without a server. Inputs and answers of exact operations and the events of
 * entries are handed over as they are; everything else makes the round trip through JSON.
 */
export const inProcessBus = (options: InProcessOptions = {}): Bus & { readonly counts: BusCounts } =>
  attachBus(createExchange(), options);

/** One of several buses on one exchange, like several processes on one NATS. */
export const attachBus = (
  exchange: Exchange,
  { log = consoleLog, meter, freezes = true }: InProcessOptions = {},
): Bus & { readonly counts: BusCounts } => {
  const handedOver = freezes ? freezeValue : (packet: Packet) => packet;
  const connection = createConnection(log);
  const calls = createInFlight();
  const counts: BusCounts = { refusedEvents: 0, droppedEvents: 0, denied: 0, disconnections: 0 };
  const transport = createTransport({ exchange, connection, calls, log, meter, handedOver });
  const servings = new Set<Serving>();
  const listened: InProcessListened = { log, counts, exchange, all: new Set() };
  let drained: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    await Promise.all([...servings].map((serving) => serving.stop()));
    await calls.idle(drainLimitMs);
    // Everything that was published before is delivered, also to our own subscribers, before the bus closes.
    await exchange.settled();
    for (const listening of [...listened.all]) listening.stop();
    connection.set(false);
  };

  return {
    counts,
    serve: async (contract, handlers) => {
      if (!connection.connected) throw faultOfNoReply('bus_down');
      const serving = joinService(contract, handlers, { exchange, log, meter, handedOver });
      const own: Serving = {
        stop: async () => {
          await serving.stop();
          servings.delete(own);
        },
      };
      servings.add(own);
      return own;
    },
    client: (contract) => clientOf(contract, transport),
    publish: (event, audience) => {
      if (!connection.connected) {
        counts.droppedEvents += audience.length;
        return;
      }
      publishEvent(
        event,
        audience,
        (subject, packet, scope) =>
          void exchange.put(subject, [everyEventOf(scope), everyScopeOf(event.name, scope.kind)], handedOver(packet)),
        { log, counts, meter, handsOver: true },
      );
    },
    listen: async (subject, schema, handler, options) => {
      if (!connection.connected) throw faultOfNoReply('bus_down');
      const { queue, except } = options ?? {};
      return new InProcessListening(queue, subject, schema, handler, except, listened);
    },
    get connected() {
      return connection.connected;
    },
    onConnectionChange: connection.onChange,
    drain: () => (drained ??= drain()),
  };
};

interface Parts {
  readonly exchange: Exchange;
  readonly log: BusLog;
  readonly meter: BusMeter | undefined;
  /** Called with each packet that is put in; returns it. */
  readonly handedOver: (packet: Packet) => Packet;
}

const joinService = <C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  { exchange, log, meter, handedOver }: Parts,
): Serving => {
  const working = createInFlight();
  const answerTo =
    (answer: Answer) =>
    (packet: Packet, reply?: (packet: Packet) => void): void => {
      working.begin();
      void answer(packet).then((answered) => {
        working.end();
        reply?.(handedOver(answered));
      });
    };
  const endpoints = endpointsOf(contract, handlers, log, meter).map(({ noun, verb, answer }) => ({
    subject: callSubject(contract.service, noun, verb),
    deliver: answerTo(answer),
  }));
  for (const endpoint of endpoints) exchange.join(endpoint.subject, contract.service, endpoint);
  return {
    stop: async () => {
      for (const endpoint of endpoints) exchange.leave(endpoint.subject, contract.service, endpoint);
      await exchange.settled();
      if (!(await working.idle(drainLimitMs)))
        log.warn({ service: contract.service }, 'Stopped with calls still in flight');
    },
  };
};

const createTransport = ({
  exchange,
  connection,
  calls,
  log,
  meter,
  handedOver,
}: Parts & { readonly connection: Connection; readonly calls: InFlight }): Transport => {
  const deadlines = createSharedTimers();
  return {
    get connected() {
      return connection.connected;
    },
    handsOver: true,
    log,
    meter,
    whenConnected: connection.whenConnected,
    send: (subject, packet, deadline) =>
      new Promise<Packet | NoReply>((resolve) => {
        calls.begin();
        let isSettled = false;
        const settle = (outcome: Packet | NoReply): void => {
          if (isSettled) return;
          isSettled = true;
          cancel();
          calls.end();
          resolve(outcome);
        };
        const cancel = deadlines(deadline, () => settle('deadline_exceeded'));
        if (!exchange.put(subject, [], handedOver(packet), settle)) settle('no_responders');
      }),
  };
};
