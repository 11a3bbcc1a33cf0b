// Requests and connections from an address of one's own, as the proxy in front of the gateways would name it: loopback addresses
// themselves are not counted, and no other may be a target here.
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const ownAddress = '198.51.100.1';

/** An HTTP request from `from`, its body as JSON, as a form, or `raw` JSON text; resolves with `{status, headers, text, json}`. Rejects when there is no answer within 60 s. */
export const ask = (url, method, path, { from = ownAddress, token, body, raw, form, headers = {} } = {}) =>
  new Promise((resolve, reject) => {
    const payload = form ? new URLSearchParams(form).toString() : body === undefined ? raw : JSON.stringify(body);
    const { hostname, port } = new URL(url);
    const sent = request({
      host: hostname,
      port,
      method,
      path,
      agent: false,
      headers: {
        'x-forwarded-for': from,
        ...(token && { authorization: `Bearer ${token}` }),
        ...(payload !== undefined && {
          'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
          'content-length': Buffer.byteLength(payload),
        }),
        ...headers,
      },
    });
    sent.setTimeout(60_000, () => sent.destroy(new Error(`${method} ${path}: no answer within 60 s`)));
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode, headers: answer.headers, text, json: parsed(text) });
      });
    });
    sent.end(payload);
  });

/** Whether `holds` (also an async function) becomes true within this time. */
export const eventually = async (holds, withinMs) => {
  const until = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > until) return false;
    await sleep(50);
  }
  return true;
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A TCP connection that sends `text` and keeps what comes back. It is never closed by itself. */
export const rawConnection = (url, text) => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const state = { socket, received: '', ended: false };
  socket.on('data', (chunk) => (state.received += chunk.toString('latin1')));
  socket.on('error', () => (state.ended = true));
  socket.on('end', () => (state.ended = true));
  socket.on('close', () => (state.ended = true));
  if (text) socket.write(text);
  return state;
};

export const upgradeText = (path, { version = 13, from = ownAddress, headers = {} } = {}) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Version: ${version}`,
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `X-Forwarded-For: ${from}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** A WebSocket from `from`: resolves with `{socket, frames, closed}`, also when the handshake is refused (`status` then). */
export const openFrom = (url, path, { from = ownAddress, token, withinMs = 20_000 } = {}) =>
  new Promise((resolve) => {
    const headers = { 'x-forwarded-for': from, ...(token && { authorization: `Bearer ${token}` }) };
    const socket = new WebSocket(url.replace(/^http/, 'ws') + path, {
      headers,
      handshakeTimeout: withinMs,
    });
    const state = { socket, frames: [], code: null, status: null };
    state.closed = new Promise((done) =>
      socket.on('close', (code) => {
        state.code = code;
        done(code);
      }),
    );
    socket.on('message', (data) => state.frames.push(parsed(data.toString()) ?? data.toString()));
    socket.on('unexpected-response', (_request, answer) => {
      state.status = answer.statusCode;
      answer.destroy();
      resolve(state);
    });
    socket.on('open', () => resolve(state));
    socket.on('error', () => resolve(state));
  });
