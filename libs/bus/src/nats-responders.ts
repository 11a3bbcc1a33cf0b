import { randomUUID } from 'node:crypto';
import { livenessSubject } from '@parley/contracts';
import type { NatsConnection, Subscription } from 'nats';
import type { Connection } from './connection.js';
import { bytesOf, isInbox } from './nats-packet.js';
import type { Miss, Packet } from './packet.js';
import type { Responders } from './transport.js';

const discoverMs = 2_000;
const probeMs = 1_000;

interface Known {
  readonly instances: Set<string>;
  discoveredAt: number;
  lostAt: number;
  checking: Promise<void> | null;
}

export interface RespondersOptions {
  /** Asks every process that serves `service` for its instance id; each answer reaches `found`. */
  discover(service: string): void;
  send(subject: string, timeoutMs: number): Promise<Packet | Miss>;
}

/**
 * The caller's side: knows which processes serve what it calls. NATS itself says that one is gone: a subject of its own has no
 * subscriber any more. A process that is stopped or slow keeps its subscription, so that it never counts as gone.
 */
export const createResponders = (
  options: RespondersOptions,
): Responders & { found(service: string, instanceId: string): void } => {
  const services = new Map<string, Known>();
  const knownOf = (service: string): Known => {
    const known = services.get(service) ?? {
      instances: new Set(),
      discoveredAt: -Infinity,
      lostAt: -Infinity,
      checking: null,
    };
    services.set(service, known);
    return known;
  };
  const check = async (service: string, known: Known): Promise<void> => {
    const probe = async (instanceId: string): Promise<void> => {
      if ((await options.send(livenessSubject(service, instanceId), probeMs)) !== 'no_responders') return;
      known.instances.delete(instanceId);
      known.lostAt = performance.now();
    };
    await Promise.all([...known.instances].map(probe));
    known.checking = null;
  };
  return {
    watch: (service) => {
      const known = knownOf(service);
      const now = performance.now();
      if (now - known.discoveredAt < discoverMs) return;
      known.discoveredAt = now;
      options.discover(service);
    },
    found: (service, instanceId) => void knownOf(service).instances.add(instanceId),
    lostSince: async (service, since) => {
      const known = knownOf(service);
      if (known.lostAt < since) await (known.checking ??= check(service, known));
      return known.lostAt >= since;
    },
  };
};

/**
 * The server's side: answers who asks whether this process is connected. Its id changes with each connection, because what was on its
 * way over the old one is lost as well. Returns how to stop.
 */
export const announceInstance = (nc: NatsConnection, connection: Connection, service: string): (() => void) => {
  let subscriptions: Subscription[] = [];
  const leave = (): void => {
    for (const subscription of subscriptions) subscription.unsubscribe();
    subscriptions = [];
  };
  const join = (): void => {
    leave();
    if (nc.isClosed()) return;
    const instanceId = randomUUID();
    const answer = bytesOf(`${service} ${instanceId}`);
    subscriptions = [livenessSubject(service), livenessSubject(service, instanceId)].map((subject) =>
      nc.subscribe(subject, {
        callback: (error, message) => void (error === null && isInbox(message.reply) && message.respond(answer)),
      }),
    );
  };
  join();
  const stopFollowing = connection.onChange((connected) => void (connected && join()));
  return () => {
    stopFollowing();
    if (!nc.isClosed()) leave();
  };
};
