import { randomUUID } from 'node:crypto';
import { AccountId, ConnectionId, preferencesDefault } from '@parley/contracts';
import type { AccountPrincipal, BusEvent, BusEventNamed } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { socketOf } from '../dialects/swifty/socket.js';
import { swiftyDefaults } from '../dialects/swifty/settings.js';
import { PresenceTracker } from './presence-tracker.js';
import { presenceInProcess } from './presence.js';
import { Superseding } from './superseding.js';
import type { PresentConnection } from './superseding.js';

type Entered = BusEventNamed<'connection.entered'>;
const principal: AccountPrincipal = {
  kind: 'account',
  realm: 'swifty',
  dialect: 'swifty',
  accountId: AccountId.parse(randomUUID()),
  number: 1,
  handle: 'device',
  name: 'Device',
  sessionId: randomUUID() as AccountPrincipal['sessionId'],
};
const adapter = socketOf(swiftyDefaults);

const connectionAt = () => {
  const own: { release(connection: PresentConnection): void }[] = [];
  const connection = {
    id: ConnectionId.parse(randomUUID()),
    realm: 'swifty',
    principal,
    adapter,
    isLive: true,
    isSuspended: false,
    suspend: () => void (connection.isSuspended = true),
    reactivate: () => void (connection.isSuspended = false),
    own: (room: { release(connection: PresentConnection): void }) => void own.push(room),
  };
  return connection;
};

/** What the bus does between gateways: a gateway receives, some time later, what is published while it is subscribed to the account. */
const createBus = ({ loses = false } = {}) => {
  const subscribed = new Set<Superseding>();
  const queue: (() => void)[] = [];
  const entries: ConnectionId[] = [];
  const publish = (event: BusEvent): void => {
    entries.push((event as Entered).connectionId);
    if (loses) return;
    for (const each of subscribed) queue.push(() => each.onEntered(event as Entered));
    setImmediate(deliver);
  };
  const deliver = (): void => {
    for (let next = queue.shift(); next; next = queue.shift()) next();
  };
  const entriesOf = (id: ConnectionId): number => entries.filter((each) => each === id).length;
  return { publish, subscribed, entriesOf };
};

const gateways: Superseding[] = [];
afterEach(() => {
  for (const each of gateways.splice(0)) each.stop();
});

/** What a test does not wait for does not happen in it, however slow the machine is. */
const timings = { checkMs: 60_000, answerMs: 60_000, returnMs: 60_000 };

interface GatewayOptions {
  /** Its numbers wait for this. */
  readonly until?: Promise<void>;
  readonly timings?: Partial<typeof timings>;
}

/** A gateway whose number for the next connection is `now`. */
const gatewayAt = (bus: ReturnType<typeof createBus>, now: number, options: GatewayOptions = {}) => {
  const { until = Promise.resolve() } = options;
  const local = presenceInProcess(() => now);
  const presence = { ...local, nextOrder: () => until.then(local.nextOrder) };
  const silent = { publish: () => undefined };
  const tracker = new PresenceTracker({ bus: silent, presence, preferencesOf: () => preferencesDefault });
  const superseding = new Superseding({
    bus,
    presence,
    tracker,
    timings: { ...timings, ...options.timings },
  });
  gateways.push(superseding);
  return {
    superseding,
    enter: async () => {
      const connection = connectionAt();
      bus.subscribed.add(superseding);
      await superseding.enter(connection);
      return connection;
    },
  };
};

describe('of two connections of an account at two gateways', () => {
  test.each([
    ['equal', 1_000, 1_000],
    ['right', 1_000, 2_000],
    ['wrong', 2_000, 1_000],
  ])('the one that entered last receives, also where the times are %s', async (_what, first, second) => {
    const bus = createBus();
    const older = await gatewayAt(bus, first).enter();
    const newer = await gatewayAt(bus, second).enter();
    expect([older.isSuspended, newer.isSuspended]).toEqual([true, false]);
    const newest = await gatewayAt(bus, 500).enter();
    expect([older, newer, newest].map(({ isSuspended }) => isSuspended)).toEqual([true, true, false]);
  });

  test.each([
    [1_000, 2_000],
    [2_000, 1_000],
    [1_000, 1_000],
  ])('that enter at once exactly one receives: numbers %i and %i', async (slow, fast) => {
    const bus = createBus();
    let give = (): void => {};
    const given = new Promise<void>((resolve) => (give = resolve));
    // Its number is on the way while the other enters.
    const entering = gatewayAt(bus, slow, { until: given }).enter();
    const other = await gatewayAt(bus, fast).enter();
    give();
    const one = await entering;
    expect([one.isSuspended, other.isSuspended].toSorted()).toEqual([false, true]);
  });

  test('the older one receives nothing any more when the newer one is greeted', async () => {
    const bus = createBus();
    const older = await gatewayAt(bus, 1_000).enter();
    const received = gatewayAt(bus, 2_000)
      .enter()
      .then(() => !older.isSuspended);
    expect(await received).toBe(false);
  });

  test('an entry that the bus loses is waited for only for a time', async () => {
    const newer = await gatewayAt(createBus({ loses: true }), 1_000, { timings: { returnMs: 50 } }).enter();
    expect(newer.isSuspended).toBe(false);
  });

  test('that share no presence the older one stays superseded as long as the newer one is there', async () => {
    const bus = createBus();
    const older = await gatewayAt(bus, 1_000, { timings: { checkMs: 10, answerMs: 2_000 } }).enter();
    const gateway = gatewayAt(bus, 2_000);
    const newer = await gateway.enter();
    const asked = bus.entriesOf(older.id);
    await eventually(() => bus.entriesOf(older.id) > asked + 2);
    expect([older.isSuspended, newer.isSuspended]).toEqual([true, false]);
    gateway.superseding.release(newer);
    await eventually(() => !older.isSuspended);
  });
});
