import type { Bus } from '@parley/bus';
import { BusEvent, everyEventOf } from '@parley/contracts';
import type { HeadPoller } from './head-poller.js';
import type { Stream } from './stream.js';
import type { TimerWheel } from '../timing/timer-wheel.js';

export interface Interest {
  /** Subscribes first and asks for the head afterwards, so that nothing falls between. Rejects when there is no bus. */
  start(stream: Stream): Promise<void>;
  /** The last listener left; one that comes back soon finds everything as it was. */
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
    stream.listening = await deps.bus.listen(everyEventOf(stream.scope), BusEvent, stream.receive);
    await deps.heads.initialize(stream);
  },
  linger(stream) {
    deps.timers.set(stream.timer, deps.clock() + deps.lingerMs);
  },
  end(stream) {
    deps.timers.forget(stream.timer);
    deps.heads.forget(stream);
    stream.stop();
  },
});
