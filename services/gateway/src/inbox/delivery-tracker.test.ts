import { randomUUID } from 'node:crypto';
import type { AccountId, ConnectionId, Realm } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { expect, test } from 'vitest';
import type { Core } from '../core.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import { DeliveryTracker } from './delivery-tracker.js';
import type { TrackedConnection } from './delivery-tracker.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { MessageCreatedEvent } from '../streams/sequencer.js';

const main = 'main' as Realm;
const apart = 'apart' as Realm;

/** The sequences that are reported to chat for a connection of this dialect, after message 3 of its inbox was delivered to it. */
const toldBy = async (tracksDelivery: SocketAdapter['tracksDelivery'], realm: Realm): Promise<number[]> => {
  const told: number[] = [];
  const counters = { flushes: 0 };
  const advance = ({ places }: { places: { sequence: number }[] }) => {
    told.push(...places.map(({ sequence }) => sequence));
    return Promise.resolve({});
  };
  const deliveries = new DeliveryTracker({
    core: { chat: { place: { advance } } } as unknown as Core,
    writeBuffer: { counters, flush: () => (counters.flushes += 1) } as unknown as WriteBuffer,
    log: createLog({ service: 'gateway', level: 'silent' }),
    trackedIn: new Set([main]),
  });
  const accountId = randomUUID() as AccountId;
  const id = randomUUID() as ConnectionId;
  const output = { socket: { pendingBytes: 0 } };
  const connection = { id, adapter: { tracksDelivery }, realm, principal: { accountId }, output, own: () => {} };
  deliveries.track(connection as unknown as TrackedConnection);
  deliveries.note(id, { inbox: { accountId, sequence: 3 } } as unknown as MessageCreatedEvent);
  await deliveries.settle();
  deliveries.stop();
  return told;
};

test('how far an inbox was written is told for the wire that goes on from there', async () => {
  expect(await toldBy('for_itself', apart)).toEqual([3]);
});

test('for a wire whose clients know their place it is told only where senders ask', async () => {
  expect(await toldBy('for_senders', main)).toEqual([3]);
  expect(await toldBy('for_senders', apart)).toEqual([]);
});

test('for a wire that says nothing about it, nothing is told', async () => {
  expect(await toldBy(undefined, main)).toEqual([]);
});
