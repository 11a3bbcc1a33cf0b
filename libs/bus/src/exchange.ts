import type { Packet } from './packet.js';

export type Reply = (packet: Packet) => void;
/** Receives what matches a subscription. */
export interface Receiver {
  /** `subject`: with which the packet was put in. */
  deliver(packet: Packet, reply: Reply | undefined, subject: string): void;
}

interface Group {
  readonly members: Receiver[];
  next: number;
}

/** Of one pattern. A process has one for each account that is connected, so it is small while it has one receiver. */
interface Listeners {
  each: readonly Receiver[];
  /** By queue group; null: there are none. */
  groups: Map<string, Group> | null;
}

/**
 * The counterpart of nats-server for the in-process driver: subjects, wildcards and queue groups. Subscriptions are matched when a packet
 * is put in; delivery follows in a later turn of the event loop, in that order, so no handler runs inside its own publish.
 */
export interface Exchange {
  join(pattern: string, queue: string | undefined, receiver: Receiver): void;
  /** Packets that were matched before are still delivered. */
  leave(pattern: string, queue: string | undefined, receiver: Receiver): void;
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
    for (const receiver of each) later(() => receiver.deliver(packet, reply, subject));
    for (const group of groups?.values() ?? []) {
      const receiver = takeTurn(group);
      if (receiver) later(() => receiver.deliver(packet, reply, subject));
    }
  };
  const indexOf = (pattern: string): Map<string, Listeners> => (foundByKey.test(pattern) ? byKey : odd);

  return {
    join: (pattern, queueName, receiver) => {
      const index = indexOf(pattern);
      const listeners = index.get(pattern) ?? { each: [], groups: null };
      index.set(pattern, listeners);
      if (queueName === undefined) listeners.each = [...listeners.each, receiver];
      else joinGroup((listeners.groups ??= new Map<string, Group>()), queueName, receiver);
    },
    leave: (pattern, queueName, receiver) => {
      const index = indexOf(pattern);
      const listeners = index.get(pattern);
      if (!listeners) return;
      if (queueName === undefined) listeners.each = listeners.each.filter((one) => one !== receiver);
      else leaveGroup(listeners, queueName, receiver);
      if (listeners.each.length === 0 && listeners.groups === null) index.delete(pattern);
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

const takeTurn = (group: Group): Receiver | undefined => {
  group.next = (group.next + 1) % group.members.length;
  return group.members[group.next];
};

const joinGroup = (groups: Map<string, Group>, name: string, receiver: Receiver): void => {
  const group = groups.get(name) ?? { members: [], next: -1 };
  groups.set(name, group);
  group.members.push(receiver);
};

const leaveGroup = (listeners: Listeners, name: string, receiver: Receiver): void => {
  const group = listeners.groups?.get(name);
  if (!group) return;
  const at = group.members.indexOf(receiver);
  if (at >= 0) group.members.splice(at, 1);
  if (group.members.length === 0) listeners.groups?.delete(name);
  if (listeners.groups?.size === 0) listeners.groups = null;
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
