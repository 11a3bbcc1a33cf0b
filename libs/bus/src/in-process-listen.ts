import type { Listening } from './bus.js';
import { Dispatcher } from './events.js';
import type { Dispatching } from './events.js';
import type { Exchange, Receiver, Reply } from './exchange.js';
import type { Packet } from './packet.js';

/** What all subscriptions of a bus share. */
export interface InProcessListened extends Dispatching {
  readonly exchange: Exchange;
  /** All that are not stopped. */
  readonly all: Set<Listening>;
}

/** One subscription to events. A process has one for each account that is connected, so it is one object. */
export class InProcessListening<F = unknown> extends Dispatcher<F, InProcessListened> implements Listening, Receiver {
  private isStopped = false;

  constructor(
    private readonly queue: string | undefined,
    ...dispatching: ConstructorParameters<typeof Dispatcher<F, InProcessListened>>
  ) {
    super(...dispatching);
    this.deps.exchange.join(this.subject, queue, this);
    this.deps.all.add(this);
  }

  stop(): void {
    this.isStopped = true;
    this.deps.exchange.leave(this.subject, this.queue, this);
    this.deps.all.delete(this);
  }

  deliver(packet: Packet, _reply: Reply | undefined, subject: string): void {
    if (!this.isStopped) this.dispatch(subject, () => packet);
  }
}
