import type { Subscriber } from '../broadcast/buffered-socket.js';
import { frameOf } from '../broadcast/frames.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import type { PresenceNotice } from '../protocol/presence-command.js';

/** A connection that receives presence. */
export interface PresenceSubscriber extends Subscriber {
  readonly adapter: SocketAdapter;
  readonly isLive: boolean;
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: PresenceSubscriber): void }): void;
}

/**
 * Writes what subscribers of presence receive: encoded once for each dialect, and once to a connection that watches an account in several
 * ways.
 */
export const createNotices = (writeBuffer: Pick<WriteBuffer, 'send'>) => {
  /** Who has received the change that is being reported. */
  let reached: Set<PresenceSubscriber> | null = null;

  const notify = (receivers: Iterable<PresenceSubscriber>, notice: PresenceNotice): void => {
    const frames = new Map<SocketAdapter, Buffer>();
    for (const one of receivers) {
      if (!one.isLive || reached?.has(one)) continue;
      reached?.add(one);
      let frame = frames.get(one.adapter);
      if (!frame) {
        const encoded = one.adapter.encodePresence?.(notice);
        if (encoded === undefined) continue;
        frames.set(one.adapter, (frame = frameOf(encoded)));
      }
      writeBuffer.send(one.output, frame);
    }
  };

  return {
    notify,
    /** Runs `report`, which reports one change of one account: no connection receives it twice. */
    once(report: () => void): void {
      reached = new Set();
      try {
        report();
      } finally {
        reached = null;
      }
    },
  };
};
