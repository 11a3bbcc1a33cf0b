import type { NatsConnection } from 'nats';

/** The parts of the client's protocol handler that decide when it writes; the client does not type them. */
interface ProtocolHandler {
  readonly outbound: { size(): number };
  readonly pendingLimit: number;
  flushPending(): void;
}

export interface TurnEnd {
  /** Runs `work` at the end of this turn of the event loop, before what was published in it is written. */
  add(work: () => void): void;
}

/**
 * Writes what a connection publishes in one turn of the event loop at once, when all sockets have been read. The client (nats 2.29) writes in
 * the next microtask: the events and answers of one commit group would be a system call each, here and in the server, and each a read of
 * its own in a gateway, which then writes a message and its acknowledgement one by one.
 */
export const writeAtTurnEnd = (nc: NatsConnection): TurnEnd => {
  const { protocol } = nc as unknown as { readonly protocol: ProtocolHandler };
  const write = protocol.flushPending.bind(protocol);
  let works: (() => void)[] = [];
  let isScheduled = false;
  const end = (): void => {
    isScheduled = false;
    const now = works;
    works = [];
    for (const work of now) work();
    write();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    // Runs after the poll phase, in which all sockets are read.
    setImmediate(end);
  };
  protocol.flushPending = () => {
    if (protocol.outbound.size() >= protocol.pendingLimit) write();
    else schedule();
  };
  return {
    add: (work) => {
      works.push(work);
      schedule();
    },
  };
};
