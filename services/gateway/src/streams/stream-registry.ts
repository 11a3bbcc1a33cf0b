import type { Realm, Scope } from '@parley/contracts';
import type { Interest } from './interest.js';
import { Stream } from './stream.js';
import type { StreamDeps } from './stream.js';

/** The streams that this process is subscribed to, by scope. */
export class StreamRegistry {
  // Not one map with keys of kind and id, which would be a string of its own for each stream.
  private readonly byKind: Readonly<Record<Scope['kind'], Map<string, Stream>>> = {
    channel: new Map(),
    account: new Map(),
    network: new Map(),
    session: new Map(),
  };

  constructor(
    private readonly interest: Interest,
    private readonly deps: StreamDeps,
  ) {}

  get size(): number {
    return Object.values(this.byKind).reduce((sum, { size }) => sum + size, 0);
  }

  *all(): Iterable<Stream> {
    for (const streams of Object.values(this.byKind)) yield* streams.values();
  }

  find(scope: Scope): Stream | undefined {
    return this.byKind[scope.kind].get(scope.id);
  }

  /** Returns the stream, subscribed, with its head known unless chat does not answer. The caller must call `giveBack` once. */
  async take(scope: Scope, realm: Realm): Promise<Stream> {
    const streams = this.byKind[scope.kind];
    let stream = streams.get(scope.id);
    if (!stream) {
      stream = new Stream(scope, realm, this.deps);
      streams.set(scope.id, stream);
    }
    stream.users += 1;
    try {
      await (stream.ready ??= this.interest.start(stream));
      // Shared, because a gateway has a stream for each connection.
      stream.ready = isReady;
    } catch (error) {
      // The subscription failed: the next caller tries again.
      if (streams.get(scope.id) === stream) streams.delete(scope.id);
      stream.stop();
      throw error;
    }
    return stream;
  }

  giveBack(stream: Stream): void {
    stream.users -= 1;
    if (stream.users === 0) this.interest.linger(stream);
  }

  drop(stream: Stream): void {
    const streams = this.byKind[stream.scope.kind];
    if (streams.get(stream.scope.id) === stream) streams.delete(stream.scope.id);
    this.interest.end(stream);
  }

  stop(): void {
    for (const stream of [...this.all()]) this.drop(stream);
  }
}

const isReady = Promise.resolve();
