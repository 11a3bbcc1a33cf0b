import { bodyBytesMax } from './bus.js';

/** Text headers by name; they never hold line breaks, because every value is JSON, a number or a W3C trace header. */
export type Headers = Record<string, string>;

/** What travels: JSON text, and what is said about it. */
export interface Packet {
  readonly body: string;
  readonly headers: Headers;
}

/** Why there is no answer to a try. */
export type NoReply = 'no_responders' | 'deadline_exceeded' | 'bus_down' | 'denied' | 'too_large';

/** JSON has no word for undefined; an operation without output answers null. */
export const encode = (value: unknown): string => JSON.stringify(value) ?? 'null';

export const isTooLarge = (body: string): boolean =>
  // No UTF-16 unit needs more than three bytes, so that nearly every body is decided without counting.
  body.length * 3 > bodyBytesMax && Buffer.byteLength(body) > bodyBytesMax;
