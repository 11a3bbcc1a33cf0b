import type { Client, Contract, FaultCode, Handlers, Scope } from '@parley/contracts';
import type { z } from 'zod';

/** A contract that is being served. `stop` leaves the queue group first, then waits until the calls in flight have been answered. */
export interface Serving {
  stop(): Promise<void>;
}

export interface ListenOptions {
  readonly queue?: string | undefined;
  readonly except?: readonly string[] | undefined;
}

/** Receives events. For one object of many, its method instead of a function for each of them. */
export type EventHandler<F> = ((event: F) => void) | { receive(event: F): void };

/** Returns what the handler does: a promise, if it is an async function. */
export const callHandler = <F>(handler: EventHandler<F>, event: F): unknown =>
  typeof handler === 'function' ? handler(event) : handler.receive(event);

/** A subscription to events. After `stop` returns the handler is not called again. */
export interface Listening {
  stop(): void;
}

/**
 * Typed calls and events, independent of the transport. Every driver passes the suite in `bus.suite.ts`. Calls reject with a Fault and
 * nothing else: `unavailable` at once when no process serves the operation or the connection is down, `unavailable` `deadline_exceeded`
 * after the deadline. Events are delivered at most once, to the current subscribers.
 */
export interface Bus {
  /** Serves a contract in the queue group of its service; resolves when calls can arrive. */
  serve<C extends Contract>(
    contract: C,
    handlers: Handlers<C>,
    options?: { readonly version?: string },
  ): Promise<Serving>;
  /** The caller's side of a contract. Cheap: it holds no state. */
  client<C extends Contract>(contract: C): Client<C>;
  /**
   * Publishes an event to each scope of its audience: encoded once, in order per scope and caller. Never throws; while the connection is
   * down the event is dropped, because events are not stored.
   */
  publish(event: { readonly name: string }, audience: readonly Scope[]): void;
  /**
   * Subscribes to events whose subject matches (`everyEventOf`, `everyScopeOf` of contracts); resolves when no event that is published from
   * now on is missed. With `queue`, one subscriber of that queue group receives each event; events with a name in `except` are not received.
   * Events that the schema refuses are dropped and counted.
   */
  listen<F>(
    subject: string,
    schema: z.ZodType<F>,
    handler: EventHandler<F>,
    options?: ListenOptions,
  ): Promise<Listening>;
  /** Whether calls can succeed now. In process: always, until drained. */
  readonly connected: boolean;
  /**
   * Calls `listener` with each change of `connected`; returns a function that removes it. After a reconnection events may have been missed.
   */
  onConnectionChange(listener: (connected: boolean) => void): () => void;
  /** Stops serving and all subscriptions, finishes calls in flight, flushes published events, and closes the connection. */
  drain(): Promise<void>;
}

/** Log of a driver, for errors that reach no caller. */
export interface BusLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** How a call ended: with a result, or with a Fault of this code. */
export type CallOutcome = 'ok' | FaultCode;
/** Called once at the end of each call of one operation. */
export type CallMeter = (outcome: CallOutcome, seconds: number) => void;

/** Metrics of a bus: `called` and `served` are called once per operation, the meters that they return once per call. */
export interface BusMeter {
  /** Calls from the caller's view: the time includes the transport and all retries. */
  called(operation: string): CallMeter;
  /** Calls from the server's view. */
  served(operation: string): CallMeter;
  /** An event was published, whatever the number of its scopes. */
  published(event: string): void;
}

/** The largest body of a call, an answer or an event, in bytes of JSON; below NATS's default `max_payload` of 1 MB. */
export const bodyBytesMax = 900 * 1024;
