// Which messages of a step came to whom: exact for every message and every client, in whatever order they come.

interface Cursor {
  /** All below it came. */
  next: number;
  readonly ahead: Set<number>;
}

export interface LedgerCounts {
  readonly sent: number;
  /** Sends that were answered with an error, and the errors. */
  readonly refused: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly expected: number;
  readonly received: number;
  readonly lost: number;
  readonly doubled: number;
}

/** `members`: by channel, the clients that receive it. */
export const createLedger = (members: readonly (readonly number[])[]) => {
  const sentBy = members.map(() => 0);
  const cursors = members.map((clients) => new Map(clients.map((one): [number, Cursor] => [one, newCursor()])));
  let [sent, refused, expected, received, doubled] = [0, 0, 0, 0, 0];
  const errors: Record<string, number> = {};
  return {
    /** The sequence of the next message of a channel. */
    send: (channel: number): number => {
      sent += 1;
      expected += members[channel]?.length ?? 0;
      return (sentBy[channel] = (sentBy[channel] ?? 0) + 1);
    },
    /** A send that was answered with an error: whether it was executed is open. */
    refuse: (error: string): void => {
      refused += 1;
      errors[error] = (errors[error] ?? 0) + 1;
    },
    /** False for a repetition. A client that is no member counts as one: nothing may come to it. */
    deliver: (client: number, channel: number, sequence: number): boolean => {
      const cursor = cursors[channel]?.get(client);
      if (cursor === undefined || sequence < cursor.next || cursor.ahead.has(sequence)) {
        doubled += 1;
        return false;
      }
      received += 1;
      if (sequence !== cursor.next) return (cursor.ahead.add(sequence), true);
      do cursor.next += 1;
      while (cursor.ahead.delete(cursor.next));
      return true;
    },
    get complete(): boolean {
      return received >= expected;
    },
    counts: (): LedgerCounts => ({ sent, refused, errors, expected, received, lost: expected - received, doubled }),
  };
};

export type Ledger = ReturnType<typeof createLedger>;

const newCursor = (): Cursor => ({ next: 1, ahead: new Set() });
