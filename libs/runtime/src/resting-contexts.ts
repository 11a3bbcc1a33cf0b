import type { Context, ContextManager } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

/** How long contexts are kept after the last use. A use that returned no promise may go on. */
const restsDefault = { afterMs: 1_000, afterUnknownMs: 10_000 };

/**
 * Async contexts that are switched off while none is in use. On Node 20 an AsyncLocalStorage that was used once costs every promise and every
 * callback of the process from then on; a gateway's frames and events, whose traces are nearly never recorded, do without a context.
 * Later versions of Node do not need this, and it costs nothing there.
 */
export class RestingContextManager extends AsyncLocalStorageContextManager implements ContextManager {
  private running = 0;
  private neededUntil = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly rests = restsDefault) {
    super();
  }

  override with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    work: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    this.running += 1;
    let result: ReturnType<F> | undefined;
    try {
      result = super.with(context, work, thisArg, ...args);
      return result;
    } finally {
      // Not every thenable: asking a query builder for its result runs the query.
      if (result instanceof Promise) result.then(this.ended, this.ended);
      else this.endedAfter(this.rests.afterUnknownMs);
    }
  }

  override disable(): this {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    return super.disable();
  }

  private readonly ended = (): void => this.endedAfter(this.rests.afterMs);

  private endedAfter(ms: number): void {
    this.running -= 1;
    this.neededUntil = Math.max(this.neededUntil, performance.now() + ms);
    if (this.running === 0) this.timer ??= setTimeout(() => this.rest(), ms).unref();
  }

  private rest(): void {
    this.timer = null;
    if (this.running > 0) return;
    const leftMs = this.neededUntil - performance.now();
    if (leftMs > 0) this.timer = setTimeout(() => this.rest(), leftMs).unref();
    else super.disable();
  }
}
