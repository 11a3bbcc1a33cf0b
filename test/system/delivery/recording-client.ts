// An SDK client that records what it receives, and how each of its sends ends.
import { type Grant, ParleyClient, ParleyError, type Sent, type SocketConstructor, type Target } from '@parley/client';
import { afterwards } from '../proof/cleanup.js';

export interface Entry {
  readonly sequence: number;
  readonly id: string;
}

export interface RecordingClient {
  /** The account's. */
  readonly id: string;
  readonly client: ParleyClient;
  /** In the order in which it came. */
  readonly received: { readonly inbox: Entry[]; readonly channels: Map<string, Entry[]> };
  readonly detached: string[];
  /** How often it was connected. */
  readonly opened: { count: number };
}

interface RecordingOptions {
  readonly url: string | readonly string[];
  readonly tokens: Grant;
  readonly webSocket?: SocketConstructor;
}

/** Connected; closed when the proof ends. */
export const openRecordingClient = async ({ url, tokens, webSocket }: RecordingOptions): Promise<RecordingClient> => {
  const client = new ParleyClient({ url, tokens, ...(webSocket && { webSocket }) });
  const recording: RecordingClient = {
    id: tokens.account.id,
    client,
    received: { inbox: [], channels: new Map() },
    detached: [],
    opened: { count: 0 },
  };
  const { received, detached, opened } = recording;
  client.onMessage(({ message, inboxSequence }) => {
    const stream = inboxSequence === undefined ? received.channels.get(message.channelId) : received.inbox;
    stream?.push({ sequence: inboxSequence ?? message.sequence, id: message.id });
  });
  client.on('detached', ({ channelId, error }) => detached.push(`${channelId ?? 'inbox'}: ${error.reason}`));
  client.on('state', ({ name }) => (opened.count += name === 'open' ? 1 : 0));
  await client.connect();
  afterwards(() => client.close());
  return recording;
};

/** Attaches these channels from their first message on. */
export const attachAll = async ({ client, received }: RecordingClient, channels: readonly string[]): Promise<void> => {
  for (const id of channels) {
    received.channels.set(id, []);
    await client.attach(id, { after: 0 });
  }
};

/** How often clients were connected again. */
export const reconnections = (users: readonly RecordingClient[]): number =>
  users.reduce((sum, { opened }) => sum + opened.count - 1, 0);

/** A message to send: by whom (index) and where. */
export interface Send {
  readonly n: number;
  readonly from: number;
  readonly target: Exclude<Target, string>;
}

interface Attempt extends Send {
  readonly clientId: string;
  /** `performance.now()`. */
  readonly sentAt: number;
  /** From sending to the end. */
  readonly ms: number;
}
export interface Acknowledged extends Attempt {
  readonly sent: Sent;
}
export interface Failed extends Attempt {
  readonly error: unknown;
}
export type Outcome = Acknowledged | Failed;

/** Sends it as `message <n>`; never rejects. */
export const send = async ({ client }: RecordingClient, message: Send, deadlineMs: number): Promise<Outcome> => {
  const clientId = `m-${message.n}`;
  const sentAt = performance.now();
  const attempt = (): Attempt => ({ ...message, clientId, sentAt, ms: performance.now() - sentAt });
  return client.send(message.target, `message ${message.n}`, { clientId, deadlineMs }).then(
    (sent) => ({ ...attempt(), sent }),
    (error: unknown) => ({ ...attempt(), error }),
  );
};

export const acknowledgedOf = (outcomes: readonly Outcome[]): Acknowledged[] =>
  outcomes.filter((outcome) => 'sent' in outcome);
export const failedOf = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((outcome) => ('error' in outcome ? [`${outcome.clientId}: ${described(outcome.error)}`] : []));

/** An error in a line. */
export const described = (error: unknown): string => {
  if (error instanceof ParleyError) return `${error.code} ${error.reason}`;
  return error instanceof Error ? error.message : String(error);
};
