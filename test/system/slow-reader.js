// A room in which some stop reading: they are closed with 1013 and told so, the others hear as before, and the gateway's memory is
// bounded. Readers count frames in a process of their own, so that what is measured is the gateway.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { rawUser } from './delivery/raw-v1.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ seconds: whole('how long is written (10)'), rate: whole('messages a second (40)') });
const seconds = Number(values.seconds ?? 10);
const perSecond = Number(values.rate ?? 40);
const [readerCount, textBytes] = [50, 16_000];
const outgoingBytesMax = 4 * 1024 * 1024;
/** What the kernel holds for a connection that is not read, on both of its sides, comes before the gateway's own limit. */
const closedWithinMs = 90_000;

/** With its labels, as a pattern. */
const slowReadersClosed = 'parley_connections_closed_total\\{[^}]*reason="slow_reader"[^}]*\\}';

const gatewayOf = (stack) => {
  const { pid, healthUrl } = stack.processes.get('gateway-1');
  return {
    memory: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    async metric(name) {
      const text = await fetch(`${healthUrl}/metrics`).then((answer) => answer.text());
      return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
    },
  };
};

/** Sockets in another process; it is told to `stall` some of them and to read again. */
const startReaders = async (url, channelId, count, name) => {
  const child = fork(new URL('./slow-reader/readers.js', import.meta.url).pathname, [], { stdio: 'inherit' });
  afterwards(() => child.kill('SIGKILL'));
  const { token } = await rawUser(url, name);
  const ask = async (message) => {
    child.send(message);
    for (;;) {
      const [answer] = await once(child, 'message');
      if (answer.to === message.do) return answer.value;
    }
  };
  await ask({ do: 'open', url, channelId, token, count });
  return ask;
};

/** So many messages a second, evenly; each says when it was sent, by the clock that all processes share. */
const speak = async (speakers, channelId, whileSo) => {
  const padding = 'x'.repeat(textBytes);
  const open = [];
  const began = performance.now();
  let sent = 0;
  while (whileSo(performance.now() - began)) {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const speaker = speakers[sent % speakers.length];
      open.push(speaker.say({ channelId }, `${Date.now()} ${padding}`));
    }
    await sleep(5);
  }
  await Promise.all(open);
  return sent;
};

const phase = async (about, name, whileSo) => {
  await about.healthy({ do: 'begin' });
  let most = about.gateway.memory();
  const timer = setInterval(() => (most = Math.max(most, about.gateway.memory())), 50);
  const began = performance.now();
  const sent = await speak(about.speakers, about.channelId, whileSo);
  const took = (performance.now() - began) / 1000;
  clearInterval(timer);
  await sleep(500);
  const { latencies, missed } = await about.healthy({ do: 'end' });
  const p99 = percentile(latencies, 0.99);
  figure(`${name}: deliveries a second`, latencies.length / took);
  figure(`${name}: heard within, p50`, percentile(latencies, 0.5), 'ms');
  figure(`${name}: heard within, p99`, p99, 'ms');
  figure(`${name}: gateway's memory at most`, most, 'MB');
  check(`${name}: everybody else hears each of ${sent}`, missed === 0 && latencies.length === sent * readerCount);
  return { p99, most };
};

const withStalled = async (about, count, before) => {
  const name = `${count} that stop reading`;
  const closedBefore = await about.gateway.metric(slowReadersClosed);
  const stuck = await startReaders(about.url, about.channelId, count, `stuck-${count}`);
  await stuck({ do: 'stall' });
  let closedAfterMs = null;
  let asked = 0;
  const areClosed = async () => (await about.gateway.metric(slowReadersClosed)) >= closedBefore + count;
  const watch = setInterval(() => {
    asked += 1;
    const at = asked * 250;
    void areClosed().then((yes) => yes && (closedAfterMs ??= at));
  }, 250);
  const during = await phase(
    about,
    name,
    (ms) => ms < closedWithinMs && (closedAfterMs === null || ms < seconds * 1000),
  );
  clearInterval(watch);
  check(`${name}: all are closed`, closedAfterMs !== null);
  figure(`${name}: closed after`, (closedAfterMs ?? NaN) / 1000, 's');
  const codes = await stuck({ do: 'resume' });
  // The close frame waits behind what was not read; who rests longer than 2 s after it is cut off instead (1006).
  console.log(`  when they read again they see: ${JSON.stringify(codes)}`);
  check(
    `${name}: told 1013, or cut off`,
    codes.length === count && codes.every((code) => code === 1013 || code === 1006),
  );
  figure(`${name}: p99 of the others, times what it was`, during.p99 / before.p99);
  check(`${name}: the others' p99 stays (at most doubled, or below 50 ms)`, during.p99 <= Math.max(50, before.p99 * 2));
  const boundMb = 60 + (count * outgoingBytesMax * 2) / 1024 ** 2;
  figure(`${name}: gateway grew by`, during.most - before.most, 'MB');
  check(`${name}: … by at most ${boundMb.toFixed(0)} MB`, during.most - before.most <= boundMb);
};

await prove(
  async () => {
    const environment = {
      PARLEY_FRAMES_PER_SECOND: '1000',
      PARLEY_FRAMES_BURST: '1000',
      PARLEY_OUTGOING_BYTES_MAX: String(outgoingBytesMax),
    };
    const stack = await startStack({ environment });
    afterwards(() => stack.stop());
    const [url] = stack.urls;
    const owner = await rawUser(url, 'owner');
    const { id: channelId } = await owner.rest('POST', '/channels', { kind: 'room', title: 'Loud' });
    const speakers = [owner];
    for (let n = 0; n < 4; n += 1) speakers.push(await rawUser(url, `speaker-${n}`));
    const healthy = await startReaders(url, channelId, readerCount, 'healthy');
    const about = { url, channelId, speakers, healthy, gateway: gatewayOf(stack) };
    await speak(speakers, channelId, (ms) => ms < 3_000);
    const before = await phase(about, 'all read', (ms) => ms < seconds * 1000);
    await withStalled(about, 1, before);
    await withStalled(about, Math.max(3, Math.ceil(readerCount * 0.05)), before);
  },
  { withinMs: 280_000 },
);
finish();
