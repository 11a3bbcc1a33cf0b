// What tracing one of a hundred messages costs: three stacks that differ in nothing else (no tracing, one of a hundred, all) take
// turns, the same messages sent over v1 sockets and stored. Compared are the CPU that all services use for a message and the messages
// a second, turn by turn. On a machine that does other things too a turn varies by a third, far more than one in a hundred can
// cost; so what decides is the cost of tracing all, by a hundred.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startStack } from '@parley/testing';
import { done } from '../clients/http.js';
import { signUpV1, textContent, v1Socket } from '../clients/v1.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions, whole } from './proof/options.js';
import { at } from './proof/random.js';
import { cpuMs } from './proof/usage.js';
import type { SinkMessage } from './telemetry/span-sink.js';

const { values } = readOptions({ messages: whole('in each turn (3000)'), turns: whole('of each stack (5)') });
const { messages = 3_000, turns = 5 } = values;
const [senders, inFlight] = [8, 8];
const share = 0.01;
const costMax = 0.03;

const median = (numbers: readonly number[]): number =>
  at(
    numbers.toSorted((a, b) => a - b),
    numbers.length >> 1,
  );

const startSink = async (): Promise<{ url: string; bytes(): Promise<number> }> => {
  const child = fork(fileURLToPath(new URL('./telemetry/span-sink.js', import.meta.url)));
  afterwards(() => child.kill('SIGKILL'));
  const next = async (): Promise<SinkMessage> => ((await once(child, 'message')) as [SinkMessage])[0];
  const first = await next();
  const bytes = async (): Promise<number> => {
    child.send('how much');
    const message = await next();
    return 'bytes' in message ? message.bytes : NaN;
  };
  return { url: `http://127.0.0.1:${'port' in first ? first.port : 0}`, bytes };
};

/** A connection that reads only answers: what a message costs the sender is not measured, but it takes the same cores. */
const connect = async (url: string, token: string): Promise<(channelId: string) => Promise<void>> => {
  const { socket } = await v1Socket(url, token);
  const waiting = new Map<number, (text: string) => void>();
  socket.removeAllListeners('message');
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    const id = Number(/"id":(\d+)/.exec(text.slice(0, 40))?.[1]);
    waiting.get(id)?.(text);
    waiting.delete(id);
  });
  afterwards(() => socket.terminate());
  let last = 0;
  return (channelId) =>
    new Promise((resolve, reject) => {
      const id = (last += 1);
      waiting.set(id, (text) => (text.includes('"result"') ? resolve() : reject(new Error(text))));
      const params = { channelId, clientId: `${id}`, content: textContent('x'.repeat(128)) };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'message.send', params }));
    });
};

interface Measurement {
  /** Messages a second. */
  readonly rate: number;
  /** CPU time of all services for a message. */
  readonly cpuMicros: number;
}

const startMeasured = async (environment: Readonly<Record<string, string>>) => {
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
  const url = at(stack.urls, 0);
  const channels: (() => Promise<void>)[] = [];
  for (let n = 0; n < senders; n += 1) {
    const { token } = await signUpV1(url, `sender-${n}`);
    const send = await connect(url, token);
    // A channel of its own for each that is in flight: within one, a connection's messages wait for one another.
    for (let m = 0; m < inFlight; m += 1) {
      const room = { token, body: { kind: 'room', title: `${n}-${m}` } };
      const { id }: { id: string } = await done('POST', `${url}/v1/channels`, room);
      channels.push(() => send(id));
    }
  }
  const pids = [...stack.processes.values()].map(({ pid }) => pid);
  const cpuOfAllMs = (): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
  const run = async (count: number): Promise<Measurement> => {
    const [cpuBefore, began] = [cpuOfAllMs(), performance.now()];
    let left = count;
    const work = async (send: () => Promise<void>): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await send();
      }
    };
    await Promise.all(channels.map(work));
    const seconds = (performance.now() - began) / 1_000;
    return { rate: count / seconds, cpuMicros: ((cpuOfAllMs() - cpuBefore) * 1_000) / count };
  };
  /** What requests for the metrics cost the gateway. */
  const scrape = async (count: number): Promise<{ ms: number; bytes: number }> => {
    const gateway = stack.processes.get('gateway-1');
    const before = cpuMs(gateway?.pid ?? 0);
    let bytes = 0;
    for (let n = 0; n < count; n += 1) {
      const answer = await fetch(`${gateway?.healthUrl}/metrics`);
      bytes = (await answer.text()).length;
    }
    return { ms: (cpuMs(gateway?.pid ?? 0) - before) / count, bytes };
  };
  return { run, scrape };
};

const names = ['off', 'some', 'all'] as const;
type Name = (typeof names)[number];
type Round = Readonly<Record<Name, Measurement>>;

const report = (rounds: readonly Round[]): number => {
  const middle = (name: Name, what: keyof Measurement): number => median(rounds.map((round) => round[name][what]));
  const ratio = (what: keyof Measurement, of: Name, to: Name): number =>
    median(rounds.map((round) => round[of][what] / round[to][what]));
  const costOfAll = ratio('cpuMicros', 'all', 'off') - 1;
  figure('messages in each turn', messages);
  figure('CPU of all services for a message: off', middle('off', 'cpuMicros'), 'µs');
  figure('… 1 % traced', middle('some', 'cpuMicros'), 'µs');
  figure('… all traced', middle('all', 'cpuMicros'), 'µs');
  figure('CPU, 1 % to off, median of the turns', ratio('cpuMicros', 'some', 'off').toFixed(3));
  figure('messages a second, 1 % to off, median of the turns', ratio('rate', 'some', 'off').toFixed(3));
  figure('CPU, all to off, median of the turns', (costOfAll + 1).toFixed(3));
  figure('so one of a hundred costs', (costOfAll * share * 100).toFixed(2), '% of CPU');
  return costOfAll * share;
};

await prove(
  async () => {
    const sink = await startSink();
    const traced = (ratio: number) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      PARLEY_TRACE_RATIO: String(ratio),
      // Everything is really sent.
      OTEL_BSP_SCHEDULE_DELAY: '500',
      OTEL_BSP_MAX_QUEUE_SIZE: '100000',
    });
    const stacks = {
      off: await startMeasured({}),
      some: await startMeasured(traced(share)),
      all: await startMeasured(traced(1)),
    };
    for (const each of Object.values(stacks)) await each.run(messages);
    const rounds: Round[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const round: Partial<Record<Name, Measurement>> = {};
      // Who goes first changes, so that what else the machine does hits all.
      for (let n = 0; n < names.length; n += 1) {
        const name = at(names, n + turn);
        round[name] = await stacks[name].run(messages);
      }
      const { off, some, all } = round;
      if (!off || !some || !all) throw new Error('Each stack has its turn');
      rounds.push({ off, some, all });
      const shown = ({ cpuMicros, rate }: Measurement): string => `${cpuMicros.toFixed(0)} µs, ${rate.toFixed(0)}/s`;
      console.log(`  turn ${turn + 1}: off ${shown(off)} · 1 % ${shown(some)} · all ${shown(all)}`);
    }
    const cost = report(rounds);
    figure('bytes that the collector got', await sink.bytes());
    const { ms, bytes } = await stacks.off.scrape(200);
    figure('CPU of the gateway for a scrape', ms, 'ms');
    figure('bytes of a scrape', bytes);
    check('tracing was on', (await sink.bytes()) > 0);
    check(`tracing 1 % costs at most ${costMax * 100} % of CPU for a message`, cost <= costMax);
  },
  { withinMs: 280_000 },
);
finish();
