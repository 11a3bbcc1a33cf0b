import { createLog } from '@parley/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { WriteBuffer } from '../broadcast/write-buffer.js';
import type { InboxSubscription } from '../inbox/inbox-subscription.js';
import type { ConnectionSlot } from '../limits/connection-limits.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import { limitsDefault } from '../testing/fixtures.js';
import { principalOf } from '../testing/principals.js';
import { TimerWheel } from '../timing/timer-wheel.js';
import { timingsDefault } from '../timing/timings.js';
import type { ConnectionDeps, ConnectionSocket, SocketListener } from './connection-deps.js';
import { createConnectionMetrics } from './connection-metrics.js';
import { Connection } from './connection.js';

/** A socket that records what the connection does to it. */
class RecordedSocket implements ConnectionSocket {
  readonly isOpen = true;
  readonly pendingBytes = 0;
  readonly done: string[] = [];
  listener: SocketListener | null = null;

  listen(listener: SocketListener): void {
    this.listener = listener;
  }
  write(): void {}
  cork(): void {}
  uncork(): void {}
  ping(): void {}
  pauseReading(): void {}
  resumeReading(): void {}
  close(code: number): void {
    this.done.push(`close ${code}`);
  }
  terminate(): void {
    this.done.push('terminate');
  }
}

const ada = principalOf('ada');

const given = () => {
  const clock = (): number => performance.now();
  const timers = new TimerWheel(clock);
  const log = createLog({ service: 'test', level: 'silent' });
  const writeBuffer = new WriteBuffer({ hardBytes: 1, softBytes: 1, softMs: 1 }, clock, () => {});
  onTestFinished(() => {
    timers.stop();
    writeBuffer.stop();
  });
  const done: string[] = [];
  const deps: ConnectionDeps<Connection> = {
    ...{ log, limits: limitsDefault, timings: timingsDefault, clock, timers, writeBuffer },
    counters: createConnectionMetrics(undefined),
    handlers: {
      frame: (_, text) => void done.push(`frame ${text}`),
      delayedFrames: () => {},
      suspended: () => {},
      reactivated: () => {},
      detach: () => false,
      follow: () => void done.push('follow'),
      closed: () => void done.push('closed'),
    },
  };
  const adapter = {
    joinsLive: () => true,
    encodeFault: () => null,
    close: () => ({ code: 4401, reason: '' }),
  } as Partial<SocketAdapter> as SocketAdapter;
  const slot: ConnectionSlot = { evict: null, authenticate: () => null, release: () => void done.push('slot') };
  const upgrade = { dialect: 'v1', adapter, params: {}, realms: ['main'], credentials: null, slot } as const;
  const socket = new RecordedSocket();
  const connection = new Connection(socket, { ...upgrade, outlivesToken: false }, deps);
  return { connection, socket, slot, done };
};

type Step = (connection: Connection) => unknown;
const steps = {
  beginOpening: (connection) => connection.beginOpening(),
  authenticate: (connection) => connection.authenticate(ada, 60_000),
  open: (connection) => connection.open(false),
  close: (connection) => connection.close({ code: 1012, reason: '' }),
  onClosed: (connection) => connection.onClosed(1006),
} satisfies Record<string, Step>;
const toOpen = ['beginOpening', 'authenticate', 'open'] as const;

test('a connection goes through its phases in their order', () => {
  const { connection, socket, slot, done } = given();
  expect([connection.phase, slot.evict]).toEqual(['unauthenticated', expect.any(Function)]);
  steps.beginOpening(connection);
  expect([connection.phase, slot.evict, connection.isAuthenticated]).toEqual(['opening', null, false]);
  steps.authenticate(connection);
  expect([connection.phase, connection.principal]).toEqual(['opening', ada]);
  steps.open(connection);
  expect([connection.phase, connection.isLive]).toEqual(['open', true]);
  steps.close(connection);
  expect([connection.phase, connection.isLive, socket.done]).toEqual(['closing', false, ['close 1012']]);
  steps.onClosed(connection);
  // A command that is in progress still names its caller.
  expect([connection.phase, connection.principal, done]).toEqual(['closed', ada, ['slot', 'closed']]);
});

test.each<[string, readonly (keyof typeof steps)[], Step]>([
  ['opens before its credentials are verified', ['beginOpening'], steps.open],
  ['opens without being asked for credentials', [], steps.open],
  ['opens twice', toOpen, steps.open],
  ['begins to open twice', ['beginOpening'], steps.beginOpening],
  ['begins to open again', toOpen, steps.beginOpening],
  ['authenticates before it opens', [], steps.authenticate],
  ['authenticates twice', ['beginOpening', 'authenticate'], steps.authenticate],
  ['authenticates when it is open', toOpen, steps.authenticate],
  ['opens when it is closing', ['beginOpening', 'authenticate', 'close'], steps.open],
  ['begins to open when it is closed', ['onClosed'], steps.beginOpening],
  ['gets an inbox when it is open', toOpen, (connection) => connection.useInbox({} as InboxSubscription)],
  ['gets a state when it is closing', [...toOpen, 'close'], (connection) => connection.setState({})],
  ['keeps a frame when it is closing', [...toOpen, 'close'], (connection) => connection.keep('x')],
  ['closes twice for good', ['onClosed'], steps.onClosed],
])('a connection that %s throws', (_, before, step) => {
  const { connection } = given();
  for (const name of before) steps[name](connection);
  const { phase } = connection;
  expect(() => step(connection)).toThrow(/cannot do this|is not authenticated|is authenticated already/);
  expect(connection.phase).toBe(phase);
});

test('frames and joins that arrive while it opens are handed over when it is open, and later ones are not kept', () => {
  const { connection, done } = given();
  const joined = { channel: { id: 'c' as never, kind: 'group' }, member: { joinedAt: '' } } as const;
  steps.beginOpening(connection);
  steps.authenticate(connection);
  for (const frame of ['a', 'b']) connection.keep(frame);
  connection.follow(joined);
  const early = connection.open(false);
  expect([early.frames?.shift(), early.frames?.shift(), early.frames?.shift()]).toEqual(['a', 'b', undefined]);
  expect([early.joined, connection.waiting, done]).toEqual([[joined], null, []]);
  connection.follow(joined);
  expect(done).toEqual(['follow']);
});

test('what it owns is released once, the last first, and at once when it is closed', () => {
  const { connection } = given();
  const released: number[] = [];
  for (const name of toOpen) steps[name](connection);
  for (const n of [1, 2, 3]) connection.own({ release: () => void released.push(n) });
  steps.close(connection);
  steps.onClosed(connection);
  expect(released).toEqual([3, 2, 1]);
  connection.own({ release: () => void released.push(4) });
  expect(released).toEqual([3, 2, 1, 4]);
});
