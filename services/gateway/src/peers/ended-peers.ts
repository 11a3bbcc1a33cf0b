import { deadlineIn } from '@parley/contracts';
import type { ConnectionId, GatewayId } from '@parley/contracts';
import type { Core } from '../core.js';
import { systemOf } from '../protocol/scopes.js';

const dropMax = 500;
const settleMs = 2_000;

export interface EndedPeersDeps {
  readonly core: Core;
  readonly gatewayId: GatewayId;
  readonly callMs: number;
  /** A report failed; it is repeated at the next heartbeat. */
  onFailed(error: unknown): void;
}

/** Connections of this process that ended, and that are not reported to signaling yet. */
export class EndedPeers {
  private readonly ids = new Set<ConnectionId>();
  private reporting: Promise<void> | null = null;

  constructor(private readonly deps: EndedPeersDeps) {}

  /** `report` reports it. */
  add(id: ConnectionId): void {
    this.ids.add(id);
  }

  /** The connection registers again. */
  delete(id: ConnectionId): void {
    this.ids.delete(id);
  }

  /** Connections that end during a call are reported by the next. What fails waits for the next heartbeat. */
  report(): Promise<void> {
    this.reporting ??= this.reportAll()
      .catch((error: unknown) => this.deps.onFailed(error))
      .finally(() => (this.reporting = null));
    return this.reporting;
  }

  /** Reports all, if that succeeds within `settleMs`. */
  async settle(): Promise<void> {
    const until = performance.now() + settleMs;
    while (this.ids.size > 0 && performance.now() < until) {
      const before = this.ids.size;
      await this.report();
      if (this.ids.size === before) return;
    }
  }

  private async reportAll(): Promise<void> {
    const { core, gatewayId, callMs } = this.deps;
    while (this.ids.size > 0) {
      const connectionIds = [...this.ids].slice(0, dropMax);
      const options = { principal: systemOf('main'), deadline: deadlineIn(callMs) };
      await core.signaling.peer.drop({ gatewayId, connectionIds }, options);
      for (const id of connectionIds) this.ids.delete(id);
    }
  }
}
