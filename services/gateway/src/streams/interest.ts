import type { Bus } from '@parley/bus';
import { BusEvent, everyEventOf } from '@parley/contracts';
import type { HeadPoller } from './head-poller.js';
import type { Stream } from './stream.js';
import { Timer } from '../timing/timer-wheel.js';
import type { TimerWheel } from '../timing/timer-wheel.js';

export interface Interest {
  /** Subscribes first and reads the head afterwards, so that no event is missed in between. Rejects when the bus is unavailable. */
  start(stream: Stream): Promise<void>;
  /** The last user left: keeps the stream for `lingerMs`, so that the next user finds it unchanged. */
  linger(stream: Stream): void;
  end(stream: Stream): void;
}

export const createInterest = (deps: {
  readonly bus: Bus;
  readonly heads: HeadPoller;
  readonly timers: TimerWheel;
  readonly lingerMs: number;
  readonly clock: () => number;
}): Interest => ({
  async start(stream) {
    const options = stream.isChannel ? undefined : ofAccount;
    stream.listening = await deps.bus.listen(everyEventOf(stream.scope), BusEvent, stream, options);
    await deps.heads.initialize(stream);
  },
  linger(stream) {
    deps.timers.set((stream.timer ??= new Timer(stream)), deps.clock() + deps.lingerMs);
  },
  end(stream) {
    if (stream.timer) deps.timers.forget(stream.timer);
    deps.heads.forget(stream);
    stream.stop();
  },
});

/** Presence is received for all accounts by one subscription (presence/). */
const ofAccount = { except: ['presence.changed'] };
