import { randomUUID } from 'node:crypto';
import type { AccountId, Realm } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { expect, test } from 'vitest';
import type { Core } from '../core.js';
import type { SocketWire } from '../dialects/dialect.js';
import { InboxKeeper } from './inbox-keeper.js';
import type { Outbox } from './outbox.js';
import type { MessageFact } from './sequencer.js';
import type { LiveSession } from './session.js';

const main = 'main' as Realm;
const apart = 'apart' as Realm;

/** How far chat was told that an inbox was written, for a connection of this wire that was given its third message. */
const toldBy = async (keepsPlace: SocketWire['keepsPlace'], realm: Realm): Promise<number[]> => {
  const told: number[] = [];
  const counts = { flushes: 0 };
  const advance = ({ places }: { places: { sequence: number }[] }) => {
    told.push(...places.map(({ sequence }) => sequence));
    return Promise.resolve({});
  };
  const keeper = new InboxKeeper({
    core: { chat: { place: { advance } } } as unknown as Core,
    outbox: { counts, flush: () => (counts.flushes += 1) } as unknown as Outbox,
    log: createLog({ service: 'gateway', level: 'silent' }),
    askedIn: new Set([main]),
  });
  const accountId = randomUUID() as AccountId;
  const session = { wire: { keepsPlace }, realm, principal: { accountId }, socket: { pendingBytes: 0 } };
  keeper.note(session as unknown as LiveSession, { inbox: { accountId, sequence: 3 } } as unknown as MessageFact);
  await keeper.settle();
  keeper.stop();
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
