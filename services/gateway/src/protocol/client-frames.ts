import type { Decoded } from './dialect.js';
import type { MessageDescription } from './documents.js';

/**
 * A frame that the clients of a dialect without methods send. The decoder of the dialect's socket and its AsyncAPI document are made from one
 * table of these, so neither can know a frame that the other does not.
 */
export interface ClientFrame<Received> extends MessageDescription {
  /** Checks the fields and returns what they ask for. Throws a Fault in the words of the dialect when one is not valid. */
  decode(received: Received): Decoded;
}

/** A table of client frames, by the name that the document gives them. */
export type ClientFrames<Received> = Readonly<Record<string, ClientFrame<Received>>>;

/** What a frame asks for that a dialect ignores. */
export const ignored: Decoded = { command: { type: 'nothing' }, requestId: undefined };
