import type { AccountPrincipal, BusEvent } from '@parley/contracts';
import type { Encoded, SocketAdapter } from '../protocol/dialect.js';

export interface EncodingObserver {
  encodingFailed(event: BusEvent, error: unknown): void;
}

/**
 * null: the dialect has no frame for the event, or failed to encode it. A dialect that fails must not keep the event from the others, nor
 * stop the stream.
 */
export const encodeEvent = (
  adapter: SocketAdapter,
  event: BusEvent,
  owner: AccountPrincipal | null,
  observer: EncodingObserver,
): Encoded | null => {
  try {
    return adapter.encodeEvent(event, owner);
  } catch (error) {
    observer.encodingFailed(event, error);
    return null;
  }
};
