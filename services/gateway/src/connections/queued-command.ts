import type { ConnectionCommand } from '../commands/execute.js';
import type { RequestId } from '../protocol/command.js';

/** A command that waits for its turn. */
export interface QueuedCommand {
  readonly command: ConnectionCommand;
  readonly requestId: RequestId | undefined;
  readonly receivedAt: number;
  /** The trace that the client began. */
  readonly traceparent?: string | undefined;
}
