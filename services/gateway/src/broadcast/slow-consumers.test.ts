import type { ChannelId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { givenRealtime, upTo } from '../testing/fixtures.js';
import type { GivenRealtime } from '../testing/fixtures.js';

const megabyte = 1024 * 1024;
const line = 'x'.repeat(16_000);

/** Publishes messages of this many bytes: more than the buffers of the system take for a connection on loopback. */
const flood = async (
  given: GivenRealtime,
  room: ChannelId,
  from: Parameters<typeof given.stubs.say>[1],
  bytes: number,
) => {
  for (let sent = 0; sent < bytes; sent += line.length) {
    given.stubs.say(room, from, line);
    if (sent % (50 * line.length) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
};

/** Sends pongs without reading anything, like a client that only appears to be alive. */
const sendPongs = (socket: { pong(): void; once(event: 'close', listener: () => void): void }): void => {
  const timer = setInterval(() => socket.pong(), 20);
  socket.once('close', () => clearInterval(timer));
};

test('a client that reads nothing and sends pongs is closed by a deadline, although nothing more is written to it', async () => {
  await using given = await givenRealtime({
    limits: { outgoingBytesMax: 64 * megabyte },
    timings: { softBytes: megabyte, softMs: 2_000, slowCheckMs: 50, closeMs: 200 },
  });
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  const stuck = await given.connect(ada.token);
  await stuck.ask({ type: 'channel.attach', channelId: room });
  stuck.ws.pause();
  sendPongs(stuck.ws);
  await flood(given, room, ada.id, 16 * megabyte);
  expect(given.realtime.stats().counters.closes.slow_reader).toBe(0);
  await eventually(() => expect(given.realtime.stats().counters.closes.slow_reader).toBe(1));
  await eventually(async () => expect(await given.descriptors()).toBe(0));
});

test('a pong that does not say what the ping said is no answer', async () => {
  await using given = await givenRealtime({ timings: { heartbeatMs: 300 } });
  const ada = given.principals.account('ada');
  const pretends = await given.connect(ada.token);
  const answers = await given.connect(ada.token);
  pretends.ws.pause();
  sendPongs(pretends.ws);
  await eventually(() => expect(given.realtime.stats().counters.closes.silent).toBe(1));
  expect(answers.ws.readyState).toBe(answers.ws.OPEN);
});

test('a client that stops reading while it catches up is closed too', async () => {
  await using given = await givenRealtime({
    limits: { outgoingBytesMax: 64 * megabyte },
    timings: { softBytes: 32 * megabyte, softMs: 300, drainedBytes: 1_000, replayMax: 50_000, closeMs: 200 },
  });
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  // A page of 500 must stay below the size limit of an answer over the bus.
  for (const n of upTo(16_000)) given.stubs.say(room, ada.id, `${n} ${line.slice(0, 900)}`);
  const stuck = await given.connect(ada.token);
  stuck.ws.pause();
  stuck.send({ type: 'channel.attach', channelId: room, after: 0 });
  await eventually(() => expect(given.realtime.stats().counters.closes.slow_reader).toBe(1));
});

test('when too much waits for all clients together, those go first for whom most waits', async () => {
  await using given = await givenRealtime({
    limits: { outgoingBytesMax: 64 * megabyte, bufferedBytesMax: 4 * megabyte },
    timings: { softBytes: 64 * megabyte, slowCheckMs: 50 },
  });
  const ada = given.principals.account('ada');
  const [busy, quiet] = [given.stubs.room(ada.id), given.stubs.room(ada.id)];
  const [worst, better] = [await given.connect(ada.token), await given.connect(ada.token)];
  await worst.ask({ type: 'channel.attach', channelId: busy });
  await better.ask({ type: 'channel.attach', channelId: quiet });
  for (const socket of [worst, better]) socket.ws.pause();
  await flood(given, quiet, ada.id, megabyte);
  await flood(given, busy, ada.id, 24 * megabyte);
  await eventually(() => expect(given.realtime.stats().counters.closes.slow_reader).toBe(1));
  better.ws.resume();
  given.stubs.say(quiet, ada.id, 'last');
  await better.waitFor((frame) => frame.text === 'last');
});

test('a gateway that was stopped for longer than a heartbeat reads the pongs that have arrived before it cuts connections', async () => {
  await using given = await givenRealtime({ timings: { heartbeatMs: 300 } });
  const ada = given.principals.account('ada');
  const { ws } = await given.connect(ada.token);
  const pingedOrCut = (): Promise<void> =>
    new Promise((resolve) => ws.once('ping', () => resolve()).once('close', () => resolve()));
  await new Promise<void>((resolve) =>
    // Its pong is sent already, and is not read while this process is blocked.
    ws.once('ping', () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
      resolve();
    }),
  );
  await pingedOrCut();
  expect(given.realtime.stats().counters.closes.silent).toBe(0);
  expect(ws.readyState).toBe(ws.OPEN);
});
