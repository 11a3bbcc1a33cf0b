// What the wire promises, compared with what each device received and what Parley says became of each message.
import { at } from '../proof/random.js';
import type { Answered, Connection, Device, Receipt } from './device.js';

/** After so long chat knows of an acknowledgement, or how far a connection was written to. */
const settledMs = 3_000;

export type DeliveryState = 'pending' | 'delivered' | 'acknowledged' | 'skipped';

/** A direct message that a device sent; `from` and `to` are indexes. */
export interface SentMessage {
  readonly msgid: string;
  readonly from: number;
  readonly to: number;
  readonly how: Answered;
  /** null: Parley does not know it. */
  readonly status: DeliveryState | null;
}

export interface Topic {
  readonly id: string;
  readonly publisher: number;
  readonly subscribers: ReadonlySet<number>;
  readonly published: readonly { readonly n: number; readonly sentAt: number; readonly answeredAt: number }[];
}

const endedAt = ({ endedAt: ended }: Connection): number => ended ?? Infinity;

/** Each message that came to a device more often than once: was it allowed? */
const verifyRepeats = (device: Device) => {
  const found = {
    repeats: 0,
    twiceOnOne: [] as string[],
    afterAcknowledged: [] as string[],
    withoutNeed: [] as string[],
  };
  const verifyOne = (msgid: string, again: Receipt, earlier: readonly Receipt[]): void => {
    if (earlier.some(({ connection }) => connection === again.connection)) {
      found.twiceOnOne.push(`${msgid} on connection ${again.connection.n} of ${device.uuid}`);
      return;
    }
    found.repeats += 1;
    const { openedAt } = again.connection;
    for (const { acknowledgedAt = Infinity, connection } of earlier) {
      const known = acknowledgedAt + settledMs;
      if (endedAt(connection) <= known || openedAt <= known) continue;
      const laterMs = Math.round(openedAt - acknowledgedAt);
      found.afterAcknowledged.push(`${msgid} to ${device.uuid}, whose acknowledgement was ${laterMs} ms old`);
      break;
    }
    // A device that never acknowledges is sent a message again only where its connection was just ending.
    const wasEnding = (receipt: Receipt): boolean =>
      Math.min(endedAt(receipt.connection), openedAt) < receipt.at + settledMs;
    if (!device.acknowledges && !earlier.some(wasEnding)) found.withoutNeed.push(`${msgid} to ${device.uuid}`);
  };
  for (const [msgid, receipts] of device.received)
    for (const [n, again] of receipts.entries()) if (n > 0) verifyOne(msgid, again, receipts.slice(0, n));
  return found;
};

/** What one device sent to another comes in the order in which it was sent, on each connection. */
const outOfOrder = (messages: readonly SentMessage[], devices: readonly Device[]): string[] => {
  const last = new Map<string, { msgid: string; at: number }>();
  const wrong: string[] = [];
  for (const { msgid, from, to, how } of messages) {
    if (how === 'unknown') continue;
    const device = at(devices, to);
    for (const { connection, at: receivedAt } of device.received.get(msgid) ?? []) {
      const key = `${from} ${to} ${connection.n}`;
      const before = last.get(key);
      if (before && receivedAt < before.at)
        wrong.push(`${msgid} before ${before.msgid} on connection ${connection.n} of ${device.uuid}`);
      last.set(key, { msgid, at: receivedAt });
    }
  }
  return wrong;
};

/**
 * Topics are for connected devices: each message once per connection, in order, without a gap between the first and the last that it
 * received; and whatever was sent after the greeting and confirmed well before the end was received.
 */
const verifyTopics = (topics: readonly Topic[], devices: readonly Device[]) => {
  const found = { deliveries: 0, wrong: [] as string[], missed: [] as string[], onBoth: 0 };
  for (const topic of topics) {
    for (const index of topic.subscribers) {
      if (index === topic.publisher) continue;
      const device = at(devices, index);
      const everywhere = new Set<number>();
      for (const connection of device.connections) {
        const numbers = (connection.topics.get(topic.id) ?? []).map(({ n }) => n);
        const where = `on connection ${connection.n} of ${device.uuid}`;
        found.deliveries += numbers.length;
        for (const [position, n] of numbers.entries()) {
          const before = numbers[position - 1];
          if (before !== undefined && n !== before + 1) found.wrong.push(`${topic.id}: ${n} after ${before} ${where}`);
        }
        found.onBoth += numbers.filter((n) => everywhere.has(n)).length;
        for (const n of numbers) everywhere.add(n);
        for (const n of missedOn(connection, device, topic, new Set(numbers)))
          found.missed.push(`${topic.id}: ${n} ${where}`);
      }
    }
  }
  return found;
};

/** What a connection certainly should have received and did not. */
const missedOn = (connection: Connection, device: Device, { published }: Topic, received: ReadonlySet<number>) => {
  const { greetedAt, n } = connection;
  if (greetedAt === undefined) return [];
  // A connection that takes over receives instead of it.
  const takenOver = device.connections.find((each) => each.n > n && each.greetedAt !== undefined)?.openedAt;
  const until = Math.min(endedAt(connection), takenOver ?? Infinity) - settledMs;
  return published
    .filter(({ sentAt, answeredAt }) => sentAt >= greetedAt && answeredAt <= until)
    .flatMap((message) => (received.has(message.n) ? [] : [message.n]));
};

/** Where each message ended, and whether its device has it. */
const verifyEnds = (messages: readonly SentMessage[], devices: readonly Device[]) => {
  const ends = { acknowledged: 0, delivered: 0, pending: 0, skipped: 0, missing: 0, neverKept: 0, notReceived: 0 };
  const lost: string[] = [];
  for (const { msgid, to, how, status } of messages) {
    const device = at(devices, to);
    const isReceived = device.received.has(msgid);
    if (status === null && how === 'unknown' && !isReceived) {
      // Its sender got no answer and did not repeat it: it was never stored.
      ends.neverKept += 1;
      continue;
    }
    ends[status ?? 'missing'] += 1;
    const expected = device.acknowledges ? 'acknowledged' : 'delivered';
    if (status !== expected) lost.push(`${msgid} (${how}) to ${device.uuid} ended ${status ?? 'nowhere'}`);
    else if (!isReceived && device.acknowledges)
      lost.push(`${msgid} is acknowledged, and ${device.uuid} never received it`);
    else if (!isReceived) ends.notReceived += 1;
  }
  return { ends, lost };
};

export interface DeviceRun {
  readonly devices: readonly Device[];
  readonly topics: readonly Topic[];
  readonly messages: readonly SentMessage[];
}

/** Counts, and lists of what contradicts the promises. */
export const verifyDelivery = ({ devices, topics, messages }: DeviceRun) => {
  const repeats = devices.map(verifyRepeats);
  return {
    ...verifyEnds(messages, devices),
    repeats: repeats.reduce((sum, one) => sum + one.repeats, 0),
    twiceOnOne: repeats.flatMap((one) => one.twiceOnOne),
    afterAcknowledged: repeats.flatMap((one) => one.afterAcknowledged),
    withoutNeed: repeats.flatMap((one) => one.withoutNeed),
    outOfOrder: outOfOrder(messages, devices),
    topics: verifyTopics(topics, devices),
    violations: devices.flatMap(({ violations }) => violations),
  };
};
