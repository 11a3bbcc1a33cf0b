import { type Contract, type Handlers, atDeadline, callSubject, everyEventOf, everyScopeOf } from '@parley/contracts';
import type { Bus, BusLog, BusMeter, Listening, Serving } from './bus.js';
import { clientOf } from './client.js';
import { type Connection, createConnection } from './connection.js';
import { type Exchange, createExchange } from './exchange.js';
import { type BusCounts, Dispatcher, publishEvent } from './events.js';
import { faultOfNoReply } from './faults.js';
import { type InFlight, createInFlight } from './in-flight.js';
import type { NoReply, Packet } from './packet.js';
import { type Answer, endpointsOf } from './serve.js';
import type { Transport } from './transport.js';

const drainLimitMs = 10_000;

const consoleLog: BusLog = {
  warn: (details, message) => console.warn(message, details),
  error: (details, message) => console.error(message, details),
};

/** A bus within one process: the same semantics as over NATS, including the JSON round trip, without a server. */
export const inProcessBus = (
  options: { readonly log?: BusLog; readonly meter?: BusMeter } = {},
): Bus & { readonly counts: BusCounts } => attachBus(createExchange(), options.log ?? consoleLog, options.meter);

/** One of several buses on one exchange, like several processes on one NATS. */
export const attachBus = (exchange: Exchange, log: BusLog, meter?: BusMeter): Bus & { readonly counts: BusCounts } => {
  const connection = createConnection(log);
  const calls = createInFlight();
  const counts: BusCounts = { refusedEvents: 0, droppedEvents: 0, denied: 0, disconnections: 0 };
  const transport = createTransport(exchange, connection, calls, log, meter);
  const servings = new Set<Serving>();
  const listenings = new Set<Listening>();
  let drained: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    await Promise.all([...servings].map((serving) => serving.stop()));
    await calls.idle(drainLimitMs);
    // Everything that was published before is delivered, also to our own subscribers, before the bus closes.
    await exchange.settled();
    for (const listening of [...listenings]) listening.stop();
    connection.set(false);
  };

  return {
    counts,
    serve: async (contract, handlers) => {
      if (!connection.connected) throw faultOfNoReply('bus_down');
      const serving = joinService(exchange, contract, handlers, log, meter);
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
          void exchange.put(subject, [everyEventOf(scope), everyScopeOf(event.name, scope.kind)], packet),
        log,
        counts,
        meter,
      );
    },
    listen: async (subject, schema, handler, options) => {
      if (!connection.connected) throw faultOfNoReply('bus_down');
      const dispatcher = new Dispatcher(subject, schema, handler, options?.except, { log, counts });
      let stopped = false;
      const leave = exchange.join(subject, options?.queue, (packet, _reply, published) => {
        if (!stopped) dispatcher.receive(published, () => packet);
      });
      const listening: Listening = {
        stop: () => {
          stopped = true;
          leave();
          listenings.delete(listening);
        },
      };
      listenings.add(listening);
      return listening;
    },
    get connected() {
      return connection.connected;
    },
    onConnectionChange: connection.onChange,
    drain: () => (drained ??= drain()),
  };
};

const joinService = <C extends Contract>(
  exchange: Exchange,
  contract: C,
  handlers: Handlers<C>,
  log: BusLog,
  meter: BusMeter | undefined,
): Serving => {
  const working = createInFlight();
  const answerTo = (answer: Answer) => (packet: Packet, reply?: (packet: Packet) => void) =>
    void working.track(answer(packet)).then(reply);
  const leaves = endpointsOf(contract, handlers, log, meter).map(({ noun, verb, answer }) =>
    exchange.join(callSubject(contract.service, noun, verb), contract.service, answerTo(answer)),
  );
  return {
    stop: async () => {
      for (const leave of leaves) leave();
      await exchange.settled();
      if (!(await working.idle(drainLimitMs)))
        log.warn({ service: contract.service }, 'Stopped with calls still in flight');
    },
  };
};

const createTransport = (
  exchange: Exchange,
  connection: Connection,
  calls: InFlight,
  log: BusLog,
  meter: BusMeter | undefined,
): Transport => ({
  get connected() {
    return connection.connected;
  },
  log,
  meter,
  whenConnected: connection.whenConnected,
  send: (subject, packet, deadline) =>
    calls.track(
      new Promise<Packet | NoReply>((resolve) => {
        const cancel = atDeadline(deadline, () => resolve('deadline_exceeded'));
        const answered = exchange.put(subject, [], packet, (reply) => {
          cancel();
          resolve(reply);
        });
        if (answered) return;
        cancel();
        resolve('no_responders');
      }),
    ),
});
