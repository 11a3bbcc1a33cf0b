import { Fault, asFault, deadlineIn } from '@parley/contracts';
import type { AccountId, ChannelId, Realm } from '@parley/contracts';
import type { Core } from '../../core.js';
import { systemOf } from '../../protocol/scopes.js';

export interface ReceiptPosition {
  readonly accountId: AccountId;
  readonly channelId: ChannelId;
  readonly read: number;
  readonly delivered: number;
  /** Whether others may see it. */
  readonly shared: boolean;
}

export interface Positions {
  readonly read: number;
  readonly delivered: number;
}

interface Waiting {
  position: ReceiptPosition;
  readonly recorded: Promise<Positions>;
  resolve(positions: Positions): void;
  reject(fault: Fault): void;
}

const gatherDefaultMs = 250;
const batchMax = 1_000;
const waitingMax = 10_000;

/** Gathers positions of many accounts, and records them in one call: at once, then every 250 ms. The channels were authorized before. */
export class ReceiptBatches {
  private readonly realms = new Map<Realm, ReceiptBatch>();

  constructor(
    private readonly deps: { readonly core: Pick<Core, 'chat'>; readonly callMs: number; readonly gatherMs?: number },
  ) {}

  /** Resolves to the positions as they are then. */
  record(realm: Realm, position: ReceiptPosition): Promise<Positions> {
    const { core, callMs, gatherMs = gatherDefaultMs } = this.deps;
    const batch =
      this.realms.get(realm) ??
      new ReceiptBatch(gatherMs, async (positions) => {
        const options = { principal: systemOf(realm), deadline: deadlineIn(callMs) };
        return (await core.chat.receipt.recordMany({ positions }, options)).positions;
      });
    this.realms.set(realm, batch);
    return batch.add(position);
  }

  stop(): void {
    for (const batch of this.realms.values()) batch.stop();
  }
}

type Recorded = Positions & { readonly accountId: AccountId; readonly channelId: ChannelId };

class ReceiptBatch {
  private readonly waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | null = null;
  private recordedAt = -Infinity;
  private isRecording = false;

  constructor(
    private readonly gatherMs: number,
    private readonly send: (positions: ReceiptPosition[]) => Promise<Recorded[]>,
  ) {}

  add(position: ReceiptPosition): Promise<Positions> {
    const key = keyOf(position);
    const known = this.waiting.get(key);
    if (known) {
      known.position = furthest(known.position, position);
      return known.recorded;
    }
    if (this.waiting.size >= waitingMax)
      throw new Fault('unavailable', 'overloaded', 'Too many positions are waiting', { retryAfterMs: 1_000 });
    let settle: Pick<Waiting, 'resolve' | 'reject'> | undefined;
    const recorded = new Promise<Positions>((resolve, reject) => void (settle = { resolve, reject }));
    if (settle) this.waiting.set(key, { position, recorded, ...settle });
    this.arm();
    return recorded;
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    void this.record();
  }

  private arm(): void {
    if (this.isRecording || this.waiting.size === 0) return;
    this.timer ??= setTimeout(
      () => void this.record(),
      Math.max(0, this.recordedAt + this.gatherMs - performance.now()),
    );
  }

  private async record(): Promise<void> {
    this.timer = null;
    this.isRecording = true;
    this.recordedAt = performance.now();
    const batch = [...this.waiting].slice(0, batchMax);
    for (const [key] of batch) this.waiting.delete(key);
    try {
      const recorded = await this.send(batch.map(([, { position }]) => position));
      const byKey = new Map(recorded.map((one) => [keyOf(one), one]));
      for (const [key, { resolve }] of batch) {
        // Nothing was ever sent to a channel that chat does not know.
        const { read, delivered } = byKey.get(key) ?? { read: 0, delivered: 0 };
        resolve({ read, delivered });
      }
    } catch (error) {
      const fault = asFault(error);
      for (const [, { reject }] of batch) reject(fault);
    }
    this.isRecording = false;
    this.arm();
  }
}

const keyOf = ({ accountId, channelId }: Pick<ReceiptPosition, 'accountId' | 'channelId'>): string =>
  `${accountId} ${channelId}`;

const furthest = (one: ReceiptPosition, other: ReceiptPosition): ReceiptPosition => ({
  ...other,
  read: Math.max(one.read, other.read),
  delivered: Math.max(one.delivered, other.delivered),
});
