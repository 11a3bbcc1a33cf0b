/**
 * Runs work in order per key, concurrently across keys. What a connection sends to one channel is committed in the order of its
 * arrival: items wait until those before are answered, so that no later part needs to keep an order. What waits may be done as one list.
 */
export class KeyedQueue<W> {
  private readonly queues = new Map<string, W[]>();
  private readonly waiting: string[] = [];
  private running = 0;
  private size = 0;

  constructor(
    private readonly limits: { readonly pendingMax: number; readonly concurrentMax: number },
    /** Works on the first item of a key, or on more of them, in order. Never rejects. */
    private readonly work: (items: readonly W[]) => Promise<void>,
    /** How many items at the start of a queue are one list; at least one. */
    private readonly listed: (queue: readonly W[]) => number,
    /** The queue is empty, so it need not be kept. */
    private readonly onIdle: () => void,
  ) {}

  /** Items that wait or are being worked on. */
  get depth(): number {
    return this.size;
  }

  /** false: the queue is full. */
  push(key: string, item: W): boolean {
    if (this.size >= this.limits.pendingMax) return false;
    this.size += 1;
    const queue = this.queues.get(key);
    if (queue) queue.push(item);
    else {
      this.queues.set(key, [item]);
      if (this.running < this.limits.concurrentMax) void this.run(key);
      else this.waiting.push(key);
    }
    return true;
  }

  private async run(key: string): Promise<void> {
    this.running += 1;
    const queue = this.queues.get(key) ?? [];
    // What one read of the socket brought is one list.
    await Promise.resolve();
    while (queue.length > 0) {
      const items = queue.splice(0, queue.length === 1 ? 1 : this.listed(queue));
      await this.work(items);
      this.size -= items.length;
    }
    this.queues.delete(key);
    this.running -= 1;
    const next = this.waiting.shift();
    if (next !== undefined) void this.run(next);
    else if (this.size === 0) this.onIdle();
  }
}
