import type { Client, Contract, FaultCode, Handlers, Scope } from '@parley/contracts';
import type { z } from 'zod';

/** A contract being answered. `stop` leaves the queue group first, then waits until what is in flight has been answered. */
export interface Serving {
  stop(): Promise<void>;
}

/** A subscription to facts. After `stop` returns the handler is not called again. */
export interface Listening {
  stop(): void;
}

/**
 * Typed calls and facts, over whatever carries them. Every driver passes the suite in `bus.case.ts`.
 * Calls reject with a Fault and nothing else: `unavailable` at once when nobody answers or the connection is down,
 * `unavailable` `deadline_exceeded` when time is up. Facts are told at most once, to those who listen at that moment.
 */
export interface Bus {
  /** Answers a contract in the queue group of its service; resolves when calls can arrive. */
  serve<C extends Contract>(
    contract: C,
    handlers: Handlers<C>,
    options?: { readonly version?: string },
  ): Promise<Serving>;
  /** The caller's side of a contract. Cheap: it holds nothing. */
  client<C extends Contract>(contract: C): Client<C>;
  /** Tells a fact along each road: encoded once, in order per road and caller. Never throws; while the connection is down the fact is dropped (it is a bell, not a store). */
  publish(event: { readonly name: string }, audience: readonly Scope[]): void;
  /** Hears facts whose subject matches (`everyFactOf`, `everyScopeOf` of contracts); resolves when none told from now on is missed. With `queue` one of its listeners hears each. Facts that the schema refuses are dropped and counted. */
  listen<F>(
    subject: string,
    schema: z.ZodType<F>,
    handler: (event: F) => void,
    options?: { readonly queue?: string },
  ): Promise<Listening>;
  /** Whether calls have a chance now. In process: always, until drained. */
  readonly connected: boolean;
  /** Called with each change of `connected`; returns how to stop being called. After a reconnection facts may have been missed. */
  onConnectionChange(listener: (connected: boolean) => void): () => void;
  /** Stops serving and listening, finishes what is in flight, flushes what was published, closes. */
  drain(): Promise<void>;
}

/** What both drivers take: where they write what nobody is there to be told. */
export interface BusLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** How a call ended: with a result, or with a Fault of this code. */
export type CallOutcome = 'ok' | FaultCode;
/** Told once for each call of one operation. */
export type CallMeter = (outcome: CallOutcome, seconds: number) => void;

/** Who measures a bus: asked once for each operation and each name of a fact, then told of each call and fact. */
export interface BusMeter {
  /** As the caller sees it: the way there and back, and what was repeated on it. */
  called(operation: string): CallMeter;
  /** As the one who answers sees it. */
  served(operation: string): CallMeter;
  /** A fact was told, on however many roads. */
  told(event: string): void;
}

/** The largest body of a call, an answer or a fact in bytes of JSON; below NATS's default `max_payload` of 1 MB. */
export const bodyBytesMax = 900 * 1024;
