import { randomUUID } from 'node:crypto';
import type { AccountId, ConnectionId, Realm } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { expect, test } from 'vitest';
import type { Core } from '../core.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import { DeliveryTracker } from './delivery-tracker.js';
import type { TrackedConnection } from './delivery-tracker.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { SequencedBusEvent } from '@parley/contracts';

const main = 'main' as Realm;
const apart = 'apart' as Realm;

/** The sequences that are reported to chat for a connection of this dialect, after entry 3 of its inbox was delivered to it. */
const reportedFor = async (
  tracksDelivery: SocketAdapter['tracksDelivery'],
  realm: Realm,
  event: object = { name: 'message.created' },
): Promise<number[]> => {
  const reported: number[] = [];
  const counters = { flushes: 0 };
  const advance = ({ deliveries }: { deliveries: { sequence: number }[] }) => {
    reported.push(...deliveries.map(({ sequence }) => sequence));
    return Promise.resolve({});
  };
  const tracker = new DeliveryTracker({
    core: { chat: { delivery: { advance } } } as unknown as Core,
    writeBuffer: { counters, flush: () => (counters.flushes += 1) } as unknown as WriteBuffer,
    log: createLog({ service: 'gateway', level: 'silent' }),
    trackedIn: new Set([main]),
  });
  const accountId = randomUUID() as AccountId;
  const id = randomUUID() as ConnectionId;
  const output = { socket: { pendingBytes: 0 } };
  const connection = { id, adapter: { tracksDelivery }, realm, principal: { accountId }, output, own: () => {} };
  tracker.track(connection as unknown as TrackedConnection);
  tracker.note(id, { ...event, inbox: { accountId, sequence: 3 } } as unknown as SequencedBusEvent);
  await tracker.settle();
  tracker.stop();
  return reported;
};

test('delivery is reported for a dialect that continues from what was delivered', async () => {
  expect(await reportedFor('for_itself', apart)).toEqual([3]);
});

test('a change of a message is passed without an acknowledgement', async () => {
  const change = { name: 'reaction.added' };
  expect(await reportedFor('for_itself', apart, change)).toEqual([3]);
});

test('for a dialect whose clients name a sequence, delivery is reported only in realms where senders ask', async () => {
  expect(await reportedFor('for_senders', main)).toEqual([3]);
  expect(await reportedFor('for_senders', apart)).toEqual([]);
});

test('for a dialect that does not track delivery, nothing is reported', async () => {
  expect(await reportedFor(undefined, main)).toEqual([]);
});
