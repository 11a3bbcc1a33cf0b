import type { Packet } from './packet.js';

export type Reply = (packet: Packet) => void;
/** `subject`: with which the packet was put in. */
export type Deliver = (packet: Packet, reply: Reply | undefined, subject: string) => void;

interface Group {
  readonly members: Deliver[];
  next: number;
}

interface Listeners {
  readonly each: Set<Deliver>;
  readonly groups: Map<string, Group>;
}

/**
 * The counterpart of nats-server for the in-process driver: subjects, wildcards and queue groups. Subscriptions are matched when a packet
 * is put in; delivery follows in a later turn of the event loop, in that order, so no handler runs inside its own publish.
 */
export interface Exchange {
  /** Subscribes; returns a function that unsubscribes. Packets that were matched before are still delivered. */
  join(pattern: string, queue: string | undefined, deliver: Deliver): () => void;
  /** `patterns`: the usual wildcard patterns that match this subject. Returns false when there is no subscriber. */
  put(subject: string, patterns: readonly string[], packet: Packet, reply?: Reply): boolean;
  /** Resolves when everything that was put in before has been delivered. */
  settled(): Promise<void>;
}

// `everyEventOf` and `everyScopeOf` of contracts. A publisher passes these patterns itself, so they are looked up by key, and the
// subscriptions of a thousand sockets cost a publish nothing; any other wildcard is compared token by token.
const foundByKey = /^[^*>]+$|^[^.*>]+\.\*\.\*\.[^.*>]+\.[^.*>]+$|^(?:[^.*>]+\.){4}\*$/;

export const createExchange = (): Exchange => {
  const byKey = new Map<string, Listeners>();
  const odd = new Map<string, Listeners>();
  let queue: (() => void)[] = [];

  const drain = (): void => {
    const now = queue;
    queue = [];
    for (const deliver of now) deliver();
  };
  const later = (deliver: () => void): void => {
    if (queue.push(deliver) === 1) setImmediate(drain);
  };
  const deliverTo = ({ each, groups }: Listeners, packet: Packet, reply: Reply | undefined, subject: string): void => {
    for (const deliver of each) later(() => deliver(packet, reply, subject));
    for (const group of groups.values()) {
      const deliver = takeTurn(group);
      if (deliver) later(() => deliver(packet, reply, subject));
    }
  };

  return {
    join: (pattern, queueName, deliver) => {
      const index = foundByKey.test(pattern) ? byKey : odd;
      const listeners = index.get(pattern) ?? { each: new Set(), groups: new Map() };
      index.set(pattern, listeners);
      const leave = queueName === undefined ? joinEach(listeners, deliver) : joinGroup(listeners, queueName, deliver);
      return () => {
        leave();
        if (listeners.each.size === 0 && listeners.groups.size === 0 && index.get(pattern) === listeners)
          index.delete(pattern);
      };
    },
    put: (subject, patterns, packet, reply) => {
      let received = false;
      const find = (listeners: Listeners | undefined): void => {
        if (listeners === undefined) return;
        received = true;
        deliverTo(listeners, packet, reply, subject);
      };
      find(byKey.get(subject));
      for (const pattern of patterns) find(byKey.get(pattern));
      for (const [pattern, listeners] of odd) if (matches(pattern, subject)) find(listeners);
      return received;
    },
    settled: () => new Promise((resolve) => later(resolve)),
  };
};

const takeTurn = (group: Group): Deliver | undefined => {
  group.next = (group.next + 1) % group.members.length;
  return group.members[group.next];
};

const joinEach = ({ each }: Listeners, deliver: Deliver): (() => void) => {
  each.add(deliver);
  return () => void each.delete(deliver);
};

const joinGroup = ({ groups }: Listeners, name: string, deliver: Deliver): (() => void) => {
  const group = groups.get(name) ?? { members: [], next: -1 };
  groups.set(name, group);
  group.members.push(deliver);
  return () => {
    const at = group.members.indexOf(deliver);
    if (at >= 0) group.members.splice(at, 1);
    if (group.members.length === 0 && groups.get(name) === group) groups.delete(name);
  };
};

/** NATS's wildcards: `*` matches one token, `>` the rest, at least one. */
export const matches = (pattern: string, subject: string): boolean => {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [i, want] of wanted.entries()) {
    if (want === '>') return tokens.length > i;
    if (i >= tokens.length || (want !== '*' && want !== tokens[i])) return false;
  }
  return wanted.length === tokens.length;
};
