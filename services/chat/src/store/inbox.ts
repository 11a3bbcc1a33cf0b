import type { AccountId, InboxEntry, Realm } from '@parley/contracts';

export interface InboxPage {
  readonly entries: InboxEntry[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

export interface Inbox {
  /** Null: the inbox is in another realm. */
  list(range: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly after: number;
    readonly limit: number;
    readonly bytesMax: number;
  }): Promise<InboxPage | null>;
}
