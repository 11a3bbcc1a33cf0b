/**
 * Runs work in order per key, concurrently across keys. What a connection sends to one channel is committed in the order of its
 * arrival: each item waits until the one before is answered, so that no later part needs to keep an order.
 */
export class KeyedQueue<W> {
  private readonly queues = new Map<string, W[]>();
  private readonly waiting: string[] = [];
  private running = 0;
  private size = 0;

  constructor(
    private readonly limits: { readonly pendingMax: number; readonly concurrentMax: number },
    /** Never rejects. */
    private readonly work: (item: W) => Promise<void>,
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
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await this.work(item);
      this.size -= 1;
    }
    this.queues.delete(key);
    this.running -= 1;
    const next = this.waiting.shift();
    if (next !== undefined) void this.run(next);
    else if (this.size === 0) this.onIdle();
  }
}
