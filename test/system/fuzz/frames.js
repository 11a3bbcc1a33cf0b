// Malformed frames and handshakes to the sockets of a wire.
import { once } from 'node:events';
import WebSocket from 'ws';
import { sampleOf } from './documented.js';
import { bodyKinds, chooser, malformed, nonsenseToken, oddPlace } from './malformed.js';

export const frameKinds = [...bodyKinds, 'as bytes', 'in fragments', 'no frame', 'bad handshake'];

/** One of the frames that this wire takes, with ids of its user. */
const soundFrame = (choose, wire, { known }) => {
  const { schema, example } = choose.pick(wire.frames);
  const sample = sampleOf(schema, known);
  const own = (value) =>
    Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        key,
        known[key] ?? (typeof each === 'object' && each !== null && !Array.isArray(each) ? own(each) : each),
      ]),
    );
  return example ? own({ ...sample, ...example }) : sample;
};

const open = async (url, path, headers) => {
  const socket = new WebSocket(url.replace(/^http/, 'ws') + path, { headers, handshakeTimeout: 20_000 });
  const about = { socket, received: [], status: null, code: null };
  socket.on('message', (data) => about.received.push(data.toString()));
  socket.on('unexpected-response', (request, answer) => {
    about.status = answer.statusCode;
    request.destroy();
    socket.emit('close', 0);
  });
  socket.on('error', (error) => (about.error = error.message));
  about.closed = once(socket, 'close').then(([code]) => (about.code = code));
  await Promise.race([once(socket, 'open').catch(() => {}), about.closed]);
  return about;
};

const within = (promise, ms) => {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms, 'late')));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** Resolves when the gateway has read everything so far, or the connection is over. */
const settled = async ({ socket, closed }) => {
  if (socket.readyState !== WebSocket.OPEN) return closed;
  const pong = once(socket, 'pong').catch(() => {});
  socket.ping();
  return within(Promise.race([pong, closed]), 20_000);
};

const say = (kind, choose, wire, user, socket) => {
  const sound = soundFrame(choose, wire, user);
  if (bodyKinds.includes(kind)) {
    const frame = malformed(kind, choose, sound);
    socket.send(frame, { binary: typeof frame !== 'string' && choose.random() < 0.5 });
    return frame;
  }
  const text = Buffer.from(malformed(choose.pick(bodyKinds), choose, sound));
  if (kind === 'as bytes') socket.send(text, { binary: true });
  if (kind === 'in fragments') {
    const at = choose.below(text.length + 1);
    socket.send(text.subarray(0, at), { binary: false, fin: false });
    socket.send(text.subarray(at), { binary: false, fin: choose.random() < 0.7 });
  }
  if (kind !== 'no frame') return text;
  const bytes = choose.bytes(2 + choose.below(60));
  socket._socket.write(bytes);
  return bytes;
};

const badHandshake = async (choose, url, client, user) => {
  const sound = client.socket(user);
  const [path, query] = sound.split('?');
  const headers = { 'x-forwarded-for': choose.pick(['', 'x', '198.51.100.1']) };
  const token = encodeURIComponent(nonsenseToken(choose));
  const target = choose.pick([
    () => `${path}?token=${token}`,
    () => path,
    () => `${path}?token=${oddPlace(choose)}&token=${token}`,
    () => `${path}?ticket=${token}`,
    () => `${path.replace(/(?<=\/)[^/]+(?=(?:\/ws)?$)/, oddPlace(choose))}?${query ?? ''}`,
    () => `${path}/${oddPlace(choose)}?${query ?? ''}`,
    () => `/wires/${oddPlace(choose)}${path}?${query ?? ''}`,
    () => `//${path}//?${query ?? ''}&realm=${oddPlace(choose)}`,
  ])();
  if (choose.random() < 0.5)
    headers.authorization = choose.pick(['Bearer', 'Basic x', `Bearer ${token.slice(0, 3_000)}`]);
  const about = await open(url, target, headers);
  if (about.socket.readyState === WebSocket.OPEN) await settled(about);
  return { about, input: { target, headers } };
};

/** Reads the number of inputs from `next`; calls `told` with what each led to. Ends its sockets. */
export const speakBadly = async ({ url, wire, client, user, next, told }) => {
  let about = null;
  let said = [];
  const end = async () => {
    if (about === null) return;
    // After what is no frame, whatever follows may be the rest of it: nobody answers then.
    const isSpoilt = said.some(({ kind }) => kind === 'no frame');
    if (!isSpoilt && (await settled(about)) === 'late') about.late = true;
    about.socket.close(1000);
    if ((await within(about.closed, isSpoilt ? 200 : 5_000)) === 'late') about.socket.terminate();
    told({ said, about });
    about = null;
    said = [];
  };
  for (let input = next(); input; input = next()) {
    const choose = chooser(input.random);
    if (input.kind === 'bad handshake') {
      const { about: tried, input: shown } = await badHandshake(choose, url, client, user);
      tried.socket.terminate();
      told({ said: [{ ...input, frame: JSON.stringify(shown) }], about: tried });
      continue;
    }
    if (about !== null && (about.socket.readyState !== WebSocket.OPEN || said.length >= 10)) await end();
    about ??= await open(url, client.socket(user), client.socketHeaders?.(user) ?? {});
    if (about.socket.readyState !== WebSocket.OPEN) {
      told({ said: [{ ...input, frame: '(a good handshake)' }], about, refused: true });
      about = null;
      continue;
    }
    said.push({ ...input, frame: say(input.kind, choose, wire, user, about.socket) });
    if (input.kind === 'no frame') await end();
    // What was said is read one by one, or in a burst.
    else if (choose.random() < 0.5) await settled(about);
  }
  await end();
};
