import { BusEvent, type Scope, eventSubject, isEventSubject, isSequenced } from '@parley/contracts';
import type { z } from 'zod';
import { type BusLog, type BusMeter, type EventHandler, callHandler } from './bus.js';
import { fingerprintOf, readerOf } from './exact.js';
import { type Packet, encode, isTooLarge } from './packet.js';
import { inEventContext, eventHeaders } from './trace.js';

/** Counters since the start. Events are delivered at most once, so a lost one is counted and is no error. */
export interface BusCounts {
  /** Events that a subscriber's schema refused. */
  refusedEvents: number;
  /** Events not published: the connection was down, or they were too large. */
  droppedEvents: number;
  /** Calls, events and subscriptions that the server denied, because this user of the bus lacks the permission. */
  denied: number;
  /** How often the connection was lost. */
  disconnections: number;
}

/** What publishing needs of a driver. */
interface Publishing {
  readonly log: BusLog;
  readonly counts: BusCounts;
  readonly meter: BusMeter | undefined;
  /** Whether the events of entries are handed over as values: publisher and subscribers are in one process. */
  readonly handsOver: boolean;
}

/** Encodes an event once and passes it to `send` for each scope. */
export const publishEvent = (
  event: { readonly name: string },
  audience: readonly Scope[],
  send: (subject: string, packet: Packet, scope: Scope) => void,
  { log, counts, meter, handsOver }: Publishing,
): void => {
  if (audience.length === 0) return;
  try {
    const isEntry = isSequenced(event);
    const headers = {
      ...eventHeaders(event.name, isEntry),
      ...(isEntry && { [schemaHeader]: fingerprintOf(BusEvent) }),
    };
    const packet = handsOver && isEntry ? { body: '', value: event, headers } : { body: bodyOf(event), headers };
    for (const scope of audience) send(eventSubject(event.name, scope), packet, scope);
    meter?.published(event.name);
  } catch (error) {
    counts.droppedEvents += audience.length;
    log.error({ err: error, event: event.name }, 'An event could not be published');
  }
};

const bodyOf = (event: object): string => {
  const body = encode(event);
  if (isTooLarge(body)) throw new Error('The event is larger than a message may be');
  return body;
};

/** The owner of entries publishes them exactly as the contract has them. */
const schemaHeader = 'X-Parley-Schema';

/** What all subscriptions of a bus share. */
export interface Dispatching {
  readonly log: BusLog;
  readonly counts: BusCounts;
}

/** Receives for one subscription: parses each event, drops what the schema refuses, and isolates the bus from errors of the handler. */
export class Dispatcher<F = unknown, Deps extends Dispatching = Dispatching> {
  constructor(
    readonly subject: string,
    private readonly schema: z.ZodType<F>,
    private readonly handler: EventHandler<F>,
    private readonly except: readonly string[] | undefined,
    protected readonly deps: Deps,
  ) {}

  /** `subject`: with which the event was published. One that is not wanted is not parsed. */
  dispatch(subject: string, read: () => Packet): void {
    if (this.except?.some((name) => isEventSubject(subject, name))) return;
    try {
      const packet = read();
      const event = readerOf(this.schema)(packet.value ?? json(packet.body), packet.headers[schemaHeader]);
      if (!event.success) return refuse(this.subject, event.error, this.deps);
      inEventContext(packet.headers, () => this.handle(event.data));
    } catch (error) {
      this.failed(error);
    }
  }

  private handle(event: F): void {
    // The handler may be an async function: its type says void, but its rejection would end the process.
    const done: unknown = callHandler(this.handler, event);
    if (done instanceof Promise) done.catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    this.deps.log.error({ err: error, subject: this.subject }, 'A listener failed');
  }
}

const refuse = (subject: string, { issues }: z.ZodError, { log, counts }: Dispatching): void => {
  counts.refusedEvents += 1;
  const { refusedEvents } = counts;
  // Logged at 1, 2, 4, 8 …: a peer of another version may send only events that the schema refuses, which must not flood the log.
  if ((refusedEvents & (refusedEvents - 1)) !== 0) return;
  log.warn(
    { subject, refusedEvents, path: issues[0]?.path, rule: issues[0]?.code },
    'An event was refused by its schema',
  );
};

const json = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    // Text that is not JSON is refused by the schema.
    return undefined;
  }
};
