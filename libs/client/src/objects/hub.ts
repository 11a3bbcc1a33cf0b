import type { Logger } from '../client-options.js';
import type { MethodName } from '../protocol.js';
import type { RestApi } from '../rest-api.js';
import type { Retry } from '../retry.js';
import type { SavedMessage } from '../types.js';

/** What the objects need of the client. */
export interface Hub {
  readonly rest: RestApi;
  readonly accountId: () => string | null;
  readonly accountName: () => string;
  readonly timelineMax: number;
  readonly reportsDelivered: boolean;
  readonly retry: Retry;
  /** A request on the current connection; rejects with `connection_lost` without one. */
  readonly request: <T>(method: MethodName | NewMethod, params: object) => Promise<T>;
  readonly notify: (method: MethodName | NewMethod, params: object) => void;
  /** Receives a channel's entries from after a sequence, until `unfollow`. */
  readonly follow: (channelId: string, after: number) => void;
  readonly unfollow: (channelId: string) => void;
  readonly outboxChanged: (outbox: readonly SavedMessage[]) => void;
  readonly log: (level: keyof Logger, text: string, fields: Readonly<Record<string, unknown>>) => void;
}

type NewMethod = `message.${string}` | `presence.${string}`;
