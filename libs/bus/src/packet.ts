import { bodyBytesMax } from './bus.js';

/** Text headers by name; they never hold line breaks, because every value is JSON, a number or a W3C trace header. */
export type Headers = Record<string, string>;

/** A message of the transport: JSON text and headers. */
export interface Packet {
  readonly body: string;
  readonly headers: Headers;
  /** The fingerprint of the schema to which a process of this release made the body (exact.ts). Lost in a message of its own. */
  readonly schema?: string | undefined;
  /**
   * Within one process: what the body would say, handed over as it is; the body is then empty. Neither side changes it from then on, nor
   * anything that it holds.
   */
  readonly value?: unknown;
}

/** Why an attempt got no answer. `bus_down`: the connection was lost after the call was sent; `not_connected`: it was not sent. */
export type NoReply = 'no_responders' | 'deadline_exceeded' | 'bus_down' | 'not_connected' | 'denied' | 'too_large';

/** JSON cannot represent undefined; an operation without output answers null. */
export const encode = (value: unknown): string => JSON.stringify(value) ?? 'null';

export const isTooLarge = (body: string): boolean =>
  // A UTF-16 unit takes at most three bytes, so nearly every body is decided without counting.
  body.length * 3 > bodyBytesMax && Buffer.byteLength(body) > bodyBytesMax;
