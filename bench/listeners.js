// Listeners: many WebSocket clients in one process that count what they are sent and do as little else as possible.
//
// Arguments: port sockets sampled path hello ready [file with one request header a line, dealt out in turn].
// After the upgrade each socket sends `hello`; it is ready when a frame holds the text `ready`. When all are, one line says so.
// Then on stdin: `begin` and `end` of a window, and `total`; each is answered by one line of JSON.
// A delivery is a text frame of 64 bytes or more. On the sampled sockets the text `@~<sequence>~<micros>~` in it is read:
// how long it took, and whether one is missing or came twice. listeners.c is the same and takes about a tenth of the time.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { answerLines, say } from './child.js';

const [port, count, sampledCount, path, hello, readyText, headersFile] = process.argv.slice(2);
const wanted = Number(count);
const headers = headersFile ? readFileSync(headersFile, 'utf8').split('\n').filter(Boolean) : [];
const ready = Buffer.from(readyText);
const mark = Buffer.from('@~');
const underwayMax = 32;
const newsBytes = 64;

const state = { started: 0, ready: 0, total: 0, closed: 0, lost: 0, doubled: 0 };
let window = newWindow();

function newWindow() {
  return { deliveries: 0, bytes: 0, lost: 0, doubled: 0, latencies: [], startedAt: performance.now(), cpuMs: cpuMs() };
}
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const nowMicros = () => Number(process.hrtime.bigint() / 1000n);

/** Masked with a key of zeros, so that the payload stays as it is. */
const frameOf = (opcode, payload) => {
  const long = payload.length >= 126;
  const head = Buffer.alloc(long ? 8 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
};

const fail = (message) => {
  console.error(`listeners: ${message}`);
  process.exit(1);
};

const shared = Buffer.alloc(256 * 1024);

const startOne = () => {
  if (state.started === wanted) return;
  const index = state.started;
  state.started += 1;
  const stride = wanted / Number(sampledCount);
  const sampled = Math.floor((Math.floor(index / stride) + 0.5) * stride) === index;
  const one = { index, sampled, phase: 'upgrading', last: 0, rest: null, socket: null };
  const onread = { buffer: shared, callback: (length) => (received(one, length), true) };
  one.socket = connect({ port: Number(port), host: '127.0.0.1', onread });
  one.socket.setNoDelay(true);
  one.socket.on('connect', () => one.socket.write(upgradeRequest(index)));
  // What went wrong is in the close that follows.
  one.socket.on('error', () => undefined);
  one.socket.on('close', () => closes(one));
};

const upgradeRequest = (index) =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(headers.length > 0 ? [headers[index % headers.length]] : []),
    '\r\n',
  ].join('\r\n');

const closes = (one) => {
  if (one.phase === 'closed') return;
  if (one.phase !== 'ready') fail('a socket was closed before it heard anything');
  one.phase = 'closed';
  state.closed += 1;
  one.socket.destroy();
};

const received = (one, length) => {
  const news = shared.subarray(0, length);
  const bytes = one.rest ? Buffer.concat([one.rest, news]) : news;
  let at = one.phase === 'upgrading' ? upgraded(one, bytes) : 0;
  if (one.phase !== 'upgrading') at = walk(one, bytes, at);
  one.rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
};

const upgraded = (one, bytes) => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return 0;
  if (!bytes.toString('latin1', 0, 12).startsWith('HTTP/1.1 101')) fail(`no upgrade: ${bytes.toString()}`);
  one.phase = 'open';
  if (hello) one.socket.write(frameOf(1, Buffer.from(hello)));
  return end + 4;
};

/** Answers up to where there were whole frames. */
const walk = (one, bytes, from) => {
  const now = one.sampled ? nowMicros() : 0;
  let at = from;
  while (bytes.length - at >= 2 && one.phase !== 'closed') {
    const short = bytes[at + 1] & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length - at < head) break;
    const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (bytes.length - at - head < length) break;
    frameCame(one, bytes[at] & 0x0f, bytes, at + head, length, now);
    at += head + length;
  }
  return at;
};

const frameCame = (one, opcode, bytes, at, length, now) => {
  if (one.phase === 'ready' && opcode === 1 && length >= newsBytes) {
    window.deliveries += 1;
    window.bytes += length;
    state.total += 1;
    if (one.sampled) sample(one, bytes.subarray(at, at + length), now);
    return;
  }
  const payload = bytes.subarray(at, at + length);
  if (opcode === 9) one.socket.write(frameOf(10, payload));
  else if (opcode === 8) closes(one);
  else if (one.phase === 'open' && payload.includes(ready)) becomesReady(one);
  // Engine.IO's own ping.
  else if (length === 1 && payload[0] === 0x32) one.socket.write(frameOf(1, Buffer.from('3')));
};

const becomesReady = (one) => {
  one.phase = 'ready';
  state.ready += 1;
  if (state.ready === wanted) say({ ready: true, sockets: wanted });
  startOne();
};

const sample = (one, payload, now) => {
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

const endOf = ({ latencies, startedAt, cpuMs: cpuBefore, ...counts }) => {
  const elapsedMs = performance.now() - startedAt;
  const cpu = cpuMs() - cpuBefore;
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1;
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
