import { scopeKey } from '@parley/contracts';
import type { Realm, Scope } from '@parley/contracts';
import type { Interest } from './interest.js';
import { Stream } from './stream.js';
import type { StreamDeps } from './stream.js';

/** The streams that this process is subscribed to, by scope. */
export class StreamRegistry {
  private readonly streams = new Map<string, Stream>();

  constructor(
    private readonly interest: Interest,
    private readonly deps: StreamDeps,
  ) {}

  get size(): number {
    return this.streams.size;
  }

  all(): Iterable<Stream> {
    return this.streams.values();
  }

  find(scope: Scope): Stream | undefined {
    return this.streams.get(scopeKey(scope));
  }

  /** Returns the stream, subscribed, with its head known unless chat does not answer. The caller must call `giveBack` once. */
  async take(scope: Scope, realm: Realm): Promise<Stream> {
    const key = scopeKey(scope);
    let stream = this.streams.get(key);
    if (!stream) {
      stream = new Stream(scope, realm, this.deps);
      this.streams.set(key, stream);
    }
    stream.users += 1;
    try {
      await (stream.ready ??= this.interest.start(stream));
      // Shared, because a gateway has a stream for each connection.
      stream.ready = isReady;
    } catch (error) {
      // The subscription failed: the next caller tries again.
      if (this.streams.get(key) === stream) this.streams.delete(key);
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
    if (this.streams.get(scopeKey(stream.scope)) === stream) this.streams.delete(scopeKey(stream.scope));
    this.interest.end(stream);
  }

  stop(): void {
    for (const stream of [...this.streams.values()]) this.drop(stream);
  }
}

const isReady = Promise.resolve();
