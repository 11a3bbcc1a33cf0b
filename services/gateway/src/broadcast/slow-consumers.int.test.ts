import type { ChannelId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { upTo } from '../testing/fixtures.js';
import type { GivenAccount } from '../testing/principals.js';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

const megabyte = 1024 * 1024;
const line = 'x'.repeat(16_000);

/** Sends messages of this many bytes: more than the buffers of the system take for a connection on loopback. */
const flood = async ({ say }: GivenGateway, room: ChannelId, from: GivenAccount, bytes: number): Promise<void> => {
  for (let sent = 0; sent < bytes; sent += 50 * line.length)
    await Promise.all(upTo(50).map(() => say(room, from, line)));
};

/** Sends pongs without reading anything, like a client that only appears to be alive. */
const sendPongs = (socket: { pong(): void; once(event: 'close', listener: () => void): void }): void => {
  const timer = setInterval(() => socket.pong(), 20);
  socket.once('close', () => clearInterval(timer));
};

test('a client that reads nothing and sends pongs is closed by a deadline, although nothing more is written to it', async () => {
  await using given = await givenRealtime({
    limits: { outgoingBytesMax: 64 * megabyte },
    timings: { softBytes: megabyte, softMs: 4_000, slowCheckMs: 50, closeMs: 200 },
  });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const stuck = await given.connect(ada.token);
  await stuck.ask({ type: 'channel.attach', channelId: room });
  stuck.ws.pause();
  sendPongs(stuck.ws);
  await flood(given, room, ada, 8 * megabyte);
  expect(given.realtime.stats().counters.closes.slow_reader).toBe(0);
  await eventually(() => expect(given.realtime.stats().counters.closes.slow_reader).toBe(1));
  await eventually(async () => expect(await given.descriptors()).toBe(0));
});

test('a reader that does not read is closed with a code to come back, and the others receive everything', async () => {
  await using given = await givenRealtime({ limits: { outgoingBytesMax: 512 * 1024 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const [stuck, reads] = [await given.connect(ada.token), await given.connect(ada.token)];
  for (const one of [stuck, reads]) await one.ask({ type: 'channel.attach', channelId: room });
  stuck.ws.pause();
  const text = 'x'.repeat(8_000);
  for (let n = 0; n < 1_500 && given.realtime.stats().counters.closes.slow_reader === 0; n += 10)
    await Promise.all(upTo(10).map(() => given.say(room, ada, text)));
  expect(given.realtime.stats().counters.closes.slow_reader).toBe(1);
  await given.say(room, ada, 'last');
  await reads.waitFor((frame) => frame.text === 'last');
  expect(reads.sequences(room)).toEqual(upTo(reads.sequences(room).length));
  stuck.ws.resume();
  await expect(stuck.closed()).resolves.toEqual({ code: 1013, reason: 'slow reader: come back and resume' });
});

test('a reader that never reads again is cut off', async () => {
  await using given = await givenRealtime({ limits: { outgoingBytesMax: 64 * 1024 }, timings: { closeMs: 200 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const stuck = await given.connect(ada.token);
  await stuck.ask({ type: 'channel.attach', channelId: room });
  stuck.ws.pause();
  await eventually(async () => {
    await Promise.all(upTo(50).map(() => given.say(room, ada, 'x'.repeat(8_000))));
    return given.realtime.stats().counters.closes.slow_reader === 1;
  });
  await eventually(() => given.realtime.stats().connections === 0);
});

test('a pong that does not say what the ping said is no answer', async () => {
  await using given = await givenRealtime({ timings: { heartbeatMs: 300 } });
  const ada = await given.account('ada');
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
  const ada = await given.account('ada');
  const room = await given.room(ada);
  await flood(given, room, ada, 8 * megabyte);
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
  const ada = await given.account('ada');
  const [busy, quiet] = [await given.room(ada), await given.room(ada)];
  const [worst, better] = [await given.connect(ada.token), await given.connect(ada.token)];
  await worst.ask({ type: 'channel.attach', channelId: busy });
  await better.ask({ type: 'channel.attach', channelId: quiet });
  for (const socket of [worst, better]) socket.ws.pause();
  await flood(given, quiet, ada, megabyte);
  await flood(given, busy, ada, 12 * megabyte);
  await eventually(() => expect(given.realtime.stats().counters.closes.slow_reader).toBe(1));
  better.ws.resume();
  await given.say(quiet, ada, 'last');
  await better.waitFor((frame) => frame.text === 'last');
});

test('a gateway that was stopped for longer than a heartbeat reads the pongs that have arrived before it cuts connections', async () => {
  await using given = await givenRealtime({ timings: { heartbeatMs: 300 } });
  const ada = await given.account('ada');
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
