import { type Finding, type PartName, type Source, type SourcePage, type SourceRecord, partNames } from '../records.js';

export interface ListedPart {
  readonly part: PartName;
  readonly records?: readonly SourceRecord[];
  readonly findings?: readonly Finding[];
}

export interface ListedSource {
  readonly fingerprint?: string;
  readonly parts: readonly ListedPart[];
  readonly pageRows?: number;
  /** Called before each page, with its place; what it throws ends the reading. */
  readonly onPage?: (index: number, page: SourcePage) => void;
}

/** A source of the rooms dialect that yields what it is given, page by page. */
export const listedSource = ({ fingerprint = 'f'.repeat(64), parts, pageRows = 10, onPage }: ListedSource): Source => {
  const pages = parts.flatMap(({ part, records = [], findings = [] }) =>
    Array.from({ length: Math.max(1, Math.ceil(records.length / pageRows)) }, (_, at): SourcePage => {
      const own = records.slice(at * pageRows, (at + 1) * pageRows);
      return { part, rows: own.length, records: own, findings: at === 0 ? findings : [] };
    }),
  );
  const counts = Object.fromEntries(partNames.map((part) => [part, 0])) as Record<PartName, number>;
  for (const { part, rows } of pages) counts[part] += rows;
  return {
    name: 'rooms',
    fingerprint,
    counts,
    async *pages() {
      for (const [index, page] of pages.entries()) {
        onPage?.(index, page);
        yield page;
      }
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};

const at = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, -1)}000Z`;

/** `counts` accounts, rooms, and messages that accounts and rooms take turns in. `password` is a hash of bcrypt. */
export const roomsParts = (
  counts: { readonly accounts: number; readonly rooms: number; readonly messages: number },
  password: string,
): ListedPart[] => {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  return [
    {
      part: 'accounts',
      records: numbers(counts.accounts).map((number) => ({
        type: 'account',
        sourceId: String(number),
        number,
        kind: 'person',
        username: `user-${number}`,
        email: null,
        handle: null,
        name: null,
        firstName: null,
        lastName: null,
        publicKey: null,
        credential: { algorithm: 'bcrypt', hash: password },
        createdAt: at(number),
        sessions: [],
      })),
    },
    {
      part: 'channels',
      records: numbers(counts.rooms).map((number) => ({
        type: 'channel',
        sourceId: String(number),
        number,
        kind: 'room',
        slug: null,
        title: `Room ${number}`,
        metadata: {},
        metadataText: null,
        createdBy: null,
        createdAt: at(number),
        pair: null,
      })),
    },
    {
      part: 'messages',
      records: numbers(counts.messages).map((number) => ({
        type: 'message',
        sourceId: String(number),
        channel: String(1 + (number % counts.rooms)),
        sender: String(1 + (number % counts.accounts)),
        clientId: `rooms-${number}`,
        content: { type: 'text', text: `message ${number}` },
        raw: null,
        sentAt: at(number),
      })),
    },
    {
      part: 'reads',
      records: numbers(counts.rooms).map((room) => ({
        type: 'read',
        channel: String(room),
        account: '1',
        message: `rooms-${room === 1 ? counts.rooms : room - 1}`,
      })),
    },
  ];
};
