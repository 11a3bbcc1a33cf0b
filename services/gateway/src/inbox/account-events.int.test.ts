import { randomUUID } from 'node:crypto';
import type { AccountId, BusEvent } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import type { Frame } from '../testing/fixtures.js';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

// Events of an account that have no sequence are not replayed, so each of its connections receives them from its greeting on.

const preferencesOf = (accountId: AccountId, version: number): BusEvent => ({
  name: 'preferences.changed',
  realm: 'main',
  accountId,
  preferences: { sharesReceipts: false, invisible: false },
  version,
});

const publish = ({ bus }: GivenGateway, accountId: AccountId, version = 1): void =>
  bus.publish(preferencesOf(accountId, version), [{ kind: 'account', id: accountId }]);

const isChange = (frame: Frame): boolean => frame['event'] === 'preferences.changed';

test('a connection receives the events of its account before its inbox begins, once', async () => {
  await using given = await givenRealtime({ timings: { inboxWaitMs: 600_000 } });
  const bob = await given.account('bob');
  const socket = await given.connect(bob.token);
  publish(given, bob.id);
  await socket.waitFor(isChange);
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  publish(given, bob.id, 2);
  await eventually(() => expect(socket.frames.filter(isChange)).toHaveLength(2));
});

test('a connection receives the events of its account while its inbox is replayed', async () => {
  await using given = await givenRealtime({ timings: { inboxWaitMs: 600_000 } });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  await given.direct(ada, bob, 'm1');
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  given.calls.take = async ({ name }, answer) => {
    if (name === 'chat.inbox.entries') await released;
    return answer();
  };
  const socket = await given.connect(bob.token);
  const resuming = socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  await eventually(() => expect(given.calls.count('chat.inbox.entries')).toBe(1));
  publish(given, bob.id);
  await socket.waitFor(isChange);
  release();
  await resuming;
  expect(socket.sequences()).toEqual([1]);
});

test('a connection receives nothing of another account', async () => {
  await using given = await givenRealtime({ timings: { inboxWaitMs: 600_000 } });
  const bob = await given.account('bob');
  const socket = await given.connect(bob.token);
  publish(given, randomUUID() as AccountId);
  publish(given, bob.id);
  await socket.waitFor(isChange);
  expect(socket.frames.filter(isChange)).toHaveLength(1);
});
