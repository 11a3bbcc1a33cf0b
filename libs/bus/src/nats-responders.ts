import { instancesSubject, livenessSubject } from '@parley/contracts';
import type { Connection } from './connection.js';
import type { NoReply, Packet } from './packet.js';
import type { Responders } from './transport.js';

const discoverMs = 2_000;
const probeMs = 1_000;
const probeAnswers = 2;

/** A probe with this header asks for so many answers: two of them show that a process, and the server, answer a batch in parts. */
export const answersHeader = 'X-Parley-Answers';

interface Known {
  /** Instance id → how many answers it gave to its probe. */
  readonly instances: Map<string, number>;
  discoveredAt: number;
  lostAt: number;
  checking: Promise<void> | null;
}

export interface RespondersOptions {
  readonly connection: Connection;
  /** Asks every process that serves `service` for its instance id; each answer is passed to `notice`. */
  discover(service: string): void;
  /** Subscribes to the announcements of processes, which are passed to `notice`. */
  listen(subject: string): void;
  /** Asks one process for two answers; each is passed to `probed`. */
  probe(service: string, instanceId: string): void;
  send(subject: string, timeoutMs: number): Promise<Packet | NoReply>;
}

export interface NatsResponders extends Responders {
  /** An announcement of a process, or its answer to a discovery. */
  notice(text: string): void;
  /** An answer to a probe. */
  probed(text: string): void;
  /** Whether every process that serves `service` understands a batch of calls. */
  takeBatches(service: string): boolean;
}

/** `<service> <instance id> joined` or `left`; an answer to a discovery has two words and means `joined`. */
export const noticeOf = (service: string, instanceId: string, state: 'joined' | 'left'): string =>
  `${service} ${instanceId} ${state}`;

/**
 * The caller's side: tracks the processes that serve the operations it calls. NATS itself detects that a process is gone: its own liveness
 * subject has no subscriber any more. A process that is stopped or slow keeps its subscription and never counts as gone.
 */
export const createResponders = ({ connection, discover, listen, probe, send }: RespondersOptions): NatsResponders => {
  const services = new Map<string, Known>();
  const follow = (service: string): Known => {
    const known = { instances: new Map<string, number>(), discoveredAt: -Infinity, lostAt: -Infinity, checking: null };
    services.set(service, known);
    listen(instancesSubject(service));
    return known;
  };
  const findInstances = (service: string, known: Known): void => {
    known.discoveredAt = performance.now();
    discover(service);
  };

  connection.onChange((connected) => {
    for (const [service, known] of services) {
      // The outage has ended every pending call. Instance ids may have changed with it: probing an old id would report a process that is
      // only slow as lost.
      known.instances.clear();
      if (connected) findInstances(service, known);
    }
  });

  const check = async (service: string, known: Known): Promise<void> => {
    const isLost = async (instanceId: string): Promise<boolean> => {
      const outcome = await send(livenessSubject(service, instanceId), probeMs);
      // `delete` returns false for a process that has left meanwhile.
      return outcome === 'no_responders' && known.instances.delete(instanceId);
    };
    await anyOf([...known.instances.keys()].map(isLost), () => (known.lostAt = performance.now()));
    known.checking = null;
  };

  return {
    watch: (service) => {
      const known = services.get(service) ?? follow(service);
      if (performance.now() - known.discoveredAt >= discoverMs) findInstances(service, known);
    },
    notice: (text) => {
      const [service, instanceId, state] = text.split(' ');
      if (service === undefined || instanceId === undefined) return;
      const instances = services.get(service)?.instances;
      if (state === 'left') instances?.delete(instanceId);
      else if (instances && !instances.has(instanceId)) {
        instances.set(instanceId, 0);
        probe(service, instanceId);
      }
    },
    probed: (text) => {
      const [service = '', instanceId = ''] = text.split(' ');
      const instances = services.get(service)?.instances;
      const answers = instances?.get(instanceId);
      if (answers !== undefined) instances?.set(instanceId, answers + 1);
    },
    takeBatches: (service) => {
      const instances = services.get(service)?.instances;
      if (instances === undefined || instances.size === 0) return false;
      for (const answers of instances.values()) if (answers < probeAnswers) return false;
      return true;
    },
    lostSince: async (service, since) => {
      const known = services.get(service);
      if (!known) return false;
      if (known.lostAt < since) await (known.checking ??= check(service, known));
      return known.lostAt >= since;
    },
  };
};

/** Resolves at the first of `answers` that is true, after `onTrue`, or when all are false: a slow one delays no other. */
const anyOf = (answers: readonly Promise<boolean>[], onTrue: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const each = answers.map(async (answer) => {
      if (!(await answer)) return;
      onTrue();
      resolve();
    });
    Promise.all(each).then(() => resolve(), reject);
  });
