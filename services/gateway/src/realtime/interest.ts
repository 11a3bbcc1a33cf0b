import type { Bus } from '@parley/bus';
import { Fact, everyFactOf } from '@parley/contracts';
import type { HeadsKeeper } from './heads.js';
import type { Stream } from './stream.js';
import type { Wheel } from './wheel.js';

export interface Interest {
  /** Subscribes first and asks for the head afterwards, so that nothing falls between. Rejects when there is no bus. */
  start(stream: Stream): Promise<void>;
  /** The last listener left; one that comes back soon finds everything as it was. */
  linger(stream: Stream): void;
  end(stream: Stream): void;
}

export const createInterest = (deps: {
  readonly bus: Bus;
  readonly heads: HeadsKeeper;
  readonly wheel: Wheel;
  readonly lingerMs: number;
  readonly clock: () => number;
}): Interest => ({
  async start(stream) {
    stream.listening = await deps.bus.listen(everyFactOf(stream.scope), Fact, stream.hear);
    await deps.heads.place(stream);
  },
  linger(stream) {
    deps.wheel.set(stream, deps.clock() + deps.lingerMs);
  },
  end(stream) {
    deps.wheel.forget(stream);
    deps.heads.forget(stream);
    stream.stop();
  },
});
