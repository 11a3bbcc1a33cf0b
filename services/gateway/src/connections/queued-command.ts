import type { ExecutedCommand } from '../commands/execute.js';
import type { RequestId } from '../protocol/command.js';

/** A command that waits for its turn. */
export interface QueuedCommand {
  readonly command: ExecutedCommand;
  readonly requestId: RequestId | undefined;
  readonly receivedAt: number;
  /** Characters of its frame. */
  readonly size: number;
  /** The trace context that the client sent. */
  readonly traceparent?: string | undefined;
}
