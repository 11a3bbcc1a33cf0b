import { type Contract, type Handlers, callGroup, withTimeout } from '@parley/contracts';
import type { NatsConnection, ServiceMsg } from 'nats';
import type { BusLog, BusMeter, Serving } from './bus.js';
import type { Connection } from './connection.js';
import { replyTooLarge } from './faults.js';
import { faultHeaders } from './headers.js';
import { createInFlight } from './in-flight.js';
import { type Instance, announceInstance } from './nats-instance.js';
import { batchHeader } from './nats-batch.js';
import { respondToBatch } from './nats-batch-answers.js';
import { bytesOf, isAboveMaxPayload, isAnswerable, packetOf, toNatsHeaders } from './nats-packet.js';

import { type Answer, endpointsOf } from './serve.js';
import type { TurnEnd } from './turn-end.js';

const leaveLimitMs = 2000;
const finishLimitMs = 10_000;

interface Deps {
  readonly nc: NatsConnection;
  readonly connection: Connection;
  readonly turnEnd: TurnEnd;
  readonly log: BusLog;
  readonly meter: BusMeter | undefined;
}

/** Serves a contract through NATS's services API: one service, a group per noun, an endpoint per verb. */
export const serveOverNats = async <C extends Contract>(
  { nc, connection, turnEnd, log, meter }: Deps,
  contract: C,
  handlers: Handlers<C>,
  version: string,
): Promise<Serving & { readonly isRefused: boolean }> => {
  const { service: name } = contract;
  const endpoints = endpointsOf(contract, handlers, log, meter);
  const service = await nc.services.add({ name: `parley-${name}`, version, queue: name });
  const instance = announceInstance(nc, connection, name);
  const working = createInFlight();
  for (const { noun, verb, answer } of endpoints)
    service.addGroup(callGroup(name, noun), name).addEndpoint(verb, (error, request) => {
      if (error) log.error({ err: error, service: name, noun, verb }, 'An endpoint failed');
      // Not awaited: the next request must not wait for this one.
      else if (request.headers?.has(batchHeader)) respondToBatch(answer, request, { instance, working, turnEnd, log });
      else void working.track(respond(answer, request, instance, log));
    });
  service.stopped
    .then((error) => {
      if (error) log.error({ err: error, service: name }, 'The service stopped answering');
    })
    .catch((error: unknown) => log.error({ err: error, service: name }, 'The service stopped answering'));

  return {
    get isRefused() {
      // Before `stop` is called only the server stops it, by refusing one of its subscriptions.
      return service.isStopped;
    },
    stop: async () => {
      // Drains the endpoints: they leave the queue group, and requests in transit are still delivered.
      await withTimeout(service.stop(), leaveLimitMs, () => null);
      if (!(await working.idle(finishLimitMs))) log.warn({ service: name }, 'Stopped with calls still in flight');
      // After the last answer, so that no caller takes this process for lost while it finishes.
      instance.withdraw();
    },
  };
};

const respond = async (answer: Answer, request: ServiceMsg, instance: Instance, log: BusLog): Promise<void> => {
  if (!isAnswerable(request, log)) return;
  const { id } = instance;
  const { body, headers } = await answer(packetOf(request));
  // The server permits answers only on the connection that received the request, and the caller has noticed that the old one is gone.
  if (id !== instance.id) return;
  try {
    request.respond(bytesOf(body), toNatsHeaders(headers));
  } catch (error) {
    if (isAboveMaxPayload(error)) {
      log.error({ err: error, subject: request.subject }, "An answer is above the server's max_payload");
      request.respond(new Uint8Array(), toNatsHeaders(faultHeaders(replyTooLarge(body.length))));
      return;
    }
    // The connection is closed, which the caller detects by itself.
    log.warn({ err: error, subject: request.subject }, 'An answer could not be sent');
  }
};
