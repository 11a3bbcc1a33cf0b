// What tracing one of a hundred messages costs: two stacks that differ in nothing else take turns, the same messages sent over v1
// sockets and kept. Compared are the CPU that all services use for a message and the messages a second, turn by turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { signUp } from '@parley/client';
import { openSocket, startStack } from '@parley/testing';
import { cpuMsOf } from '../bench/machine.js';
import { afterwards, prove } from './lib/cleanup.js';
import { check, figure, finish } from './lib/figures.js';

const { values } = parseArgs({
  options: { messages: { type: 'string' }, turns: { type: 'string' }, ratio: { type: 'string' } },
});
const messages = Number(values.messages ?? 4_000);
const turns = Number(values.turns ?? 5);
const ratio = values.ratio ?? '0.01';
const [senders, inFlight] = [8, 8];
const costMax = 1.03;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const startSink = async () => {
  const child = fork(new URL('./lib/sink.js', import.meta.url).pathname);
  afterwards(() => child.kill('SIGKILL'));
  const [{ port }] = await once(child, 'message');
  const bytes = async () => {
    child.send('how much');
    const [told] = await once(child, 'message');
    return told.bytes;
  };
  return { url: `http://127.0.0.1:${port}`, bytes };
};

/** A connection that knows only answers: what a message costs the sender is not measured, but it takes the same cores. */
const connect = async (url, token) => {
  const { socket, waitFor } = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${token}` } });
  await waitFor('session.opened');
  const waiting = new Map();
  socket.removeAllListeners('message');
  socket.on('message', (data) => {
    const text = data.toString();
    const id = Number(/"id":(\d+)/.exec(text.slice(0, 40))?.[1]);
    waiting.get(id)?.(text);
    waiting.delete(id);
  });
  let last = 0;
  const send = (channelId) =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      waiting.set(id, (text) => (text.includes('"result"') ? resolve() : reject(new Error(text))));
      const params = { channelId, clientId: `${id}`, content: { type: 'text', text: 'x'.repeat(128) } };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'message.send', params }));
    });
  afterwards(() => socket.terminate());
  return send;
};

const startOne = async (environment) => {
  const stack = await startStack({
    environment: {
      NODE_ENV: 'production',
      PARLEY_FRAMES_PER_SECOND: '100000',
      PARLEY_FRAMES_BURST: '100000',
      PARLEY_DRAIN_MS: '500',
      ...environment,
    },
  });
  afterwards(() => stack.stop());
  const [url] = stack.urls;
  const lanes = [];
  for (let n = 0; n < senders; n += 1) {
    const { accessToken } = await signUp({ url, username: `sender-${n}`, password: 'correct horse' });
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
    const send = await connect(url, accessToken);
    // A channel of its own for each that is in flight: within one, a connection's messages wait for one another.
    for (let m = 0; m < inFlight; m += 1) {
      const body = JSON.stringify({ kind: 'room', title: `${n}-${m}` });
      const made = await (await fetch(`${url}/v1/channels`, { method: 'POST', headers, body })).json();
      lanes.push(() => send(made.id));
    }
  }
  const pids = [...stack.processes.values()].map(({ pid }) => pid);
  const cpuMs = () => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const run = async (count) => {
    const [cpuBefore, began] = [cpuMs(), performance.now()];
    let left = count;
    const work = async (lane) => {
      while (left > 0) {
        left -= 1;
        await lane();
      }
    };
    await Promise.all(lanes.map(work));
    const seconds = (performance.now() - began) / 1_000;
    return { rate: count / seconds, cpuMicros: ((cpuMs() - cpuBefore) * 1_000) / count };
  };
  return { stack, run };
};

/** What asking for the metrics costs the gateway. */
const scrapes = async ({ stack }, count) => {
  const { pid, healthUrl } = stack.processes.get('gateway-1');
  const before = cpuMsOf(pid);
  let bytes = 0;
  for (let n = 0; n < count; n += 1) bytes = (await (await fetch(`${healthUrl}/metrics`)).text()).length;
  return { ms: (cpuMsOf(pid) - before) / count, bytes };
};

await prove(
  async () => {
    const sink = await startSink();
    const off = await startOne({});
    const on = await startOne({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, PARLEY_TRACE_RATIO: ratio });
    for (const each of [off, on]) await each.run(messages);
    const pairs = [];
    for (let turn = 0; turn < turns; turn += 1) {
      // Who goes first alternates, so that what else the machine does hits both.
      const pair = {};
      for (const name of turn % 2 === 0 ? ['off', 'on'] : ['on', 'off'])
        pair[name] = await { off, on }[name].run(messages);
      pairs.push(pair);
      const { off: without, on: sampled } = pair;
      console.log(
        `  turn ${turn + 1}: off ${without.cpuMicros.toFixed(0)} µs, ${without.rate.toFixed(0)}/s · ` +
          `traced ${sampled.cpuMicros.toFixed(0)} µs, ${sampled.rate.toFixed(0)}/s`,
      );
    }
    const cpuRatio = median(pairs.map((pair) => pair.on.cpuMicros / pair.off.cpuMicros));
    const rateRatio = median(pairs.map((pair) => pair.off.rate / pair.on.rate));
    figure('messages in each turn', messages);
    figure('CPU of all services for a message, off (median)', median(pairs.map((pair) => pair.off.cpuMicros)), 'µs');
    figure(`… with ${Number(ratio) * 100} % traced`, median(pairs.map((pair) => pair.on.cpuMicros)), 'µs');
    figure('ratio of CPU, median of the turns', cpuRatio.toFixed(3));
    figure('ratio of time, median of the turns', rateRatio.toFixed(3));
    figure('bytes that the collector got', await sink.bytes());
    const { ms, bytes } = await scrapes(off, 200);
    figure('CPU of the gateway for a scrape', ms, 'ms');
    figure('bytes of a scrape', bytes);
    check('tracing was on', (await sink.bytes()) > 0);
    check(`tracing costs at most ${((costMax - 1) * 100).toFixed(0)} % of CPU for a message`, cpuRatio <= costMax);
  },
  { withinMs: 280_000 },
);
finish();
