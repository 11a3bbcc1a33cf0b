// What tracing one of a hundred messages costs: three stacks that differ in nothing else (no tracing, one of a hundred, all) take
// turns, the same messages sent over v1 sockets and kept. Compared are the CPU that all services use for a message and the messages
// a second, turn by turn. On a machine that does other things too a turn varies by a third, far more than one in a hundred can
// cost; so what decides is the cost of tracing all, by a hundred.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { signUp } from '@parley/client';
import { openSocket, startStack } from '@parley/testing';
import { cpuMsOf } from '@parley/bench/machine';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ messages: whole('in each turn (3000)'), turns: whole('of each stack (5)') });
const messages = Number(values.messages ?? 3_000);
const turns = Number(values.turns ?? 5);
const [senders, inFlight] = [8, 8];
const share = 0.01;
const costMax = 0.03;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const startSink = async () => {
  const child = fork(new URL('./telemetry/sink.js', import.meta.url).pathname);
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
    const traced = (ratio) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      PARLEY_TRACE_RATIO: String(ratio),
      // Everything is really sent.
      OTEL_BSP_SCHEDULE_DELAY: '500',
      OTEL_BSP_MAX_QUEUE_SIZE: '100000',
    });
    const stacks = {
      off: await startOne({}),
      some: await startOne(traced(share)),
      all: await startOne(traced(1)),
    };
    for (const each of Object.values(stacks)) await each.run(messages);
    const rounds = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const round = {};
      // Who goes first changes, so that what else the machine does hits all.
      const names = Object.keys(stacks);
      for (let n = 0; n < names.length; n += 1) {
        const name = names[(n + turn) % names.length];
        round[name] = await stacks[name].run(messages);
      }
      rounds.push(round);
      const shown = ({ cpuMicros, rate }) => `${cpuMicros.toFixed(0)} µs, ${rate.toFixed(0)}/s`;
      const { off, some, all } = round;
      console.log(`  turn ${turn + 1}: off ${shown(off)} · 1 % ${shown(some)} · all ${shown(all)}`);
    }
    const middle = (name, what) => median(rounds.map((round) => round[name][what]));
    const ratioOf = (name, of, to) => median(rounds.map((round) => round[of][name] / round[to][name]));
    const costOfAll = ratioOf('cpuMicros', 'all', 'off') - 1;
    figure('messages in each turn', messages);
    figure('CPU of all services for a message: off', middle('off', 'cpuMicros'), 'µs');
    figure('… 1 % traced', middle('some', 'cpuMicros'), 'µs');
    figure('… all traced', middle('all', 'cpuMicros'), 'µs');
    figure('CPU, 1 % to off, median of the turns', ratioOf('cpuMicros', 'some', 'off').toFixed(3));
    figure('messages a second, 1 % to off, median of the turns', ratioOf('rate', 'some', 'off').toFixed(3));
    figure('CPU, all to off, median of the turns', (costOfAll + 1).toFixed(3));
    figure('so one of a hundred costs', (costOfAll * share * 100).toFixed(2), '% of CPU');
    figure('bytes that the collector got', await sink.bytes());
    const { ms, bytes } = await scrapes(stacks.off, 200);
    figure('CPU of the gateway for a scrape', ms, 'ms');
    figure('bytes of a scrape', bytes);
    check('tracing was on', (await sink.bytes()) > 0);
    check(`tracing 1 % costs at most ${costMax * 100} % of CPU for a message`, costOfAll * share <= costMax);
  },
  { withinMs: 280_000 },
);
finish();
