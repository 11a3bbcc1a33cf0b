// Listeners: many WebSocket clients in one process that count what they are sent and do as little else as possible.
//
// Arguments: port sockets sampled path hello ready frames|marks, and a file with one request header a line, dealt out in turn.
// After the upgrade each socket sends `hello`; it is ready when a frame holds `ready` (both hexadecimal). When all are, one line says so.
// Then on stdin: `begin` and `end` of a window, and `total`; each is answered by one line of JSON.
// With `frames` a delivery is a text frame of 64 bytes or more, with `marks` each mark in a frame is one. On the sampled sockets the text `@~<sequence>~<micros>~` in it is read:
// how long it took, and whether one is missing or came twice. listeners.c is the same and takes about a tenth of the time.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { answerLines, say } from './child.js';
import type { Received } from './system.js';

interface Listener {
  readonly index: number;
  readonly sampled: boolean;
  readonly socket: Socket;
  phase: 'upgrading' | 'open' | 'ready' | 'closed';
  /** The last sequence that a sampled one was sent. */
  last: number;
  /** A frame that is not whole yet. */
  rest: Buffer | null;
}

interface Window {
  deliveries: number;
  bytes: number;
  lost: number;
  doubled: number;
  readonly latencies: number[];
  readonly startedAt: number;
  readonly cpuMs: number;
}

const [port, count, sampledCount, path, hello = '', readyHex = '', countedBy, headersFile] = process.argv.slice(2);
const wanted = Number(count);
const headers = headersFile ? readFileSync(headersFile, 'utf8').split('\n').filter(Boolean) : [];
const ready = Buffer.from(readyHex, 'hex');
const byMarks = countedBy === 'marks';
const mark = Buffer.from('@~');
const underwayMax = 32;
const newsBytes = 64;

const state = { started: 0, ready: 0, total: 0, closed: 0, lost: 0, doubled: 0 };
let window = newWindow();

function newWindow(): Window {
  return { deliveries: 0, bytes: 0, lost: 0, doubled: 0, latencies: [], startedAt: performance.now(), cpuMs: cpuMs() };
}
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n);

/** Masked with a key of zeros, so that the payload stays as it is. */
const frameOf = (opcode: number, payload: Buffer): Buffer => {
  const long = payload.length >= 126;
  const head = Buffer.alloc(long ? 8 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
};

const fail = (message: string): never => {
  console.error(`listeners: ${message}`);
  process.exit(1);
};

const shared = Buffer.alloc(256 * 1024);

const startOne = (): void => {
  if (state.started === wanted) return;
  const index = state.started;
  state.started += 1;
  const stride = wanted / Number(sampledCount);
  const sampled = Math.floor((Math.floor(index / stride) + 0.5) * stride) === index;
  const onread = { buffer: shared, callback: (length: number) => (received(one, length), true) };
  const socket = connect({ port: Number(port), host: '127.0.0.1', onread });
  const one: Listener = { index, sampled, phase: 'upgrading', last: 0, rest: null, socket };
  one.socket.setNoDelay(true);
  one.socket.on('connect', () => one.socket.write(upgradeRequest(index)));
  // What went wrong is in the close that follows.
  one.socket.on('error', () => undefined);
  one.socket.on('close', () => closes(one));
};

const upgradeRequest = (index: number): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers.slice(index % headers.length).slice(0, 1),
    '\r\n',
  ].join('\r\n');

const closes = (one: Listener): void => {
  if (one.phase === 'closed') return;
  if (one.phase !== 'ready') fail('a socket was closed before it received anything');
  one.phase = 'closed';
  state.closed += 1;
  one.socket.destroy();
};

const received = (one: Listener, length: number): void => {
  const news = shared.subarray(0, length);
  const bytes = one.rest ? Buffer.concat([one.rest, news]) : news;
  let at = one.phase === 'upgrading' ? upgraded(one, bytes) : 0;
  if (one.phase !== 'upgrading') at = walk(one, bytes, at);
  one.rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
};

const upgraded = (one: Listener, bytes: Buffer): number => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return 0;
  if (!bytes.toString('latin1', 0, 12).startsWith('HTTP/1.1 101')) fail(`no upgrade: ${bytes.toString()}`);
  one.phase = 'open';
  if (hello) one.socket.write(frameOf(byMarks ? 2 : 1, Buffer.from(hello, 'hex')));
  return end + 4;
};

/** Answers up to where there were whole frames. */
const walk = (one: Listener, bytes: Buffer, from: number): number => {
  const now = one.sampled ? nowMicros() : 0;
  let at = from;
  while (bytes.length - at >= 2 && one.phase !== 'closed') {
    const short = bytes.readUInt8(at + 1) & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length - at < head) break;
    const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length - at - head < length) break;
    frameCame(one, bytes.readUInt8(at) & 0x0f, bytes.subarray(at + head, at + head + length), now);
    at += head + length;
  }
  return at;
};

/** A frame of a server that puts several messages into one: each holds one mark. */
const severalCame = (one: Listener, payload: Buffer, now: number): void => {
  window.bytes += payload.length;
  for (let at = payload.indexOf(mark); at >= 0; at = payload.indexOf(mark, at + 30)) {
    window.deliveries += 1;
    state.total += 1;
    if (one.sampled) sample(one, payload.subarray(at), now);
  }
};

const frameCame = (one: Listener, opcode: number, payload: Buffer, now: number): void => {
  if (byMarks && one.phase === 'ready' && opcode < 8) {
    severalCame(one, payload, now);
    return;
  }
  if (one.phase === 'ready' && opcode === 1 && payload.length >= newsBytes) {
    window.deliveries += 1;
    window.bytes += payload.length;
    state.total += 1;
    if (one.sampled) sample(one, payload, now);
    return;
  }
  if (opcode === 9) one.socket.write(frameOf(10, payload));
  else if (opcode === 8) closes(one);
  else if (one.phase === 'open' && payload.includes(ready)) becomesReady(one);
  // Engine.IO's own ping.
  else if (payload.length === 1 && payload[0] === 0x32) one.socket.write(frameOf(1, Buffer.from('3')));
};

const becomesReady = (one: Listener): void => {
  one.phase = 'ready';
  state.ready += 1;
  if (state.ready === wanted) say({ ready: true, sockets: wanted });
  startOne();
};

const sample = (one: Listener, payload: Buffer, now: number): void => {
  const at = payload.indexOf(mark);
  if (at < 0) return;
  const sequence = Number(payload.toString('latin1', at + 2, at + 12));
  const sentAt = Number(payload.toString('latin1', at + 13, at + 29));
  if (one.last > 0 && sequence <= one.last) {
    window.doubled += 1;
    state.doubled += 1;
    return;
  }
  if (one.last > 0) {
    window.lost += sequence - one.last - 1;
    state.lost += sequence - one.last - 1;
  }
  one.last = sequence;
  window.latencies.push((now - sentAt) / 1e3);
};

const endOf = ({ latencies, startedAt, cpuMs: cpuBefore, ...counts }: Window): Received => {
  const elapsedMs = performance.now() - startedAt;
  const cpu = cpuMs() - cpuBefore;
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1;
  return { elapsedMs, ...counts, samples: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), cpuMs: cpu };
};

answerLines({
  begin: () => {
    window = newWindow();
    return { begun: true };
  },
  end: () => endOf(window),
  total: () => ({ total: state.total, lost: state.lost, doubled: state.doubled, closed: state.closed }),
});
for (let index = 0; index < underwayMax; index += 1) startOne();
