// Malformed requests to the REST side of a wire.
import http from 'node:http';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { sampleOf } from './documented.js';
import { bodyKinds, malformed, nonsenseToken, oddPlace } from './malformed.js';

export const requestKinds = [
  ...bodyKinds,
  'wrong content type',
  'odd header',
  'bad path',
  'bad query',
  'nonsense token',
  'wrong method',
  'no HTTP',
];

/** What would end the session or the account that everything else is asked with. */
const endsItsUser = ({ method, path }) => method !== 'GET' && /logout|sessions|password|\/me$/.test(path);

const sound = (choose, wire, { user, spare }, needsBody) => {
  const some = wire.operations.filter(({ schema }) => !needsBody || schema);
  const operation = choose.pick(some.length > 0 ? some : wire.operations);
  const { token, known } = endsItsUser(operation) ? spare : user;
  const query = new URLSearchParams(
    operation.queryNames.filter((name) => known[name] !== undefined).map((name) => [name, String(known[name])]),
  );
  const body = operation.schema ? sampleOf(operation.schema, known) : {};
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(known[name] ?? 'x'));
  const mount = choose.random() < 0.3 && !path.startsWith('/wires/') ? `/wires/${wire.name}` : '';
  const isForm = operation.type?.includes('form') ?? false;
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(operation.schema && { 'content-type': operation.type }),
    'x-forwarded-for': `198.51.${choose.below(256)}.${choose.below(256)}`,
  };
  const text = isForm ? new URLSearchParams(body).toString() : JSON.stringify(body);
  return {
    operation,
    method: operation.method,
    mount,
    path,
    query,
    headers,
    sample: body,
    isForm,
    body: operation.schema && text,
  };
};

const contentTypes = [
  'text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'multipart/form-data', 'application/json; charset=utf-16',
  'application/json; charset=nonsense', 'application/x-www-form-urlencoded', '/', 'application/json;;;', 'x'.repeat(3_000), 'image/png',
]; // prettier-ignore

const oddHeaders = (choose, request) =>
  choose.pick([
    () => ({ 'content-encoding': choose.pick(['gzip', 'br', 'deflate', 'nonsense', 'gzip, gzip']) }),
    () => ({ 'content-encoding': 'gzip', body: gzipSync(Buffer.alloc(5_000_000, 0x20)) }),
    () => ({ 'accept-language': 'x'.repeat(20_000) }),
    () => ({ 'x-forwarded-for': choose.pick(['', ',', 'nonsense', '::1', '1.2.3.4, ', "' or 1=1", 'x'.repeat(2_000)]) }),
    () => ({ traceparent: choose.pick(['00-0-0-00', 'x', 'ff-'.repeat(100), '00-00000000000000000000000000000000-0000000000000000-01']) }),
    () => ({ baggage: choose.pick(['a=%', '='.repeat(4_000), 'a=b;;;,,,']), tracestate: '=,=' }),
    () => ({ accept: choose.pick(['nonsense', 'image/png', '*/*;q=x', '/']) }),
    () => ({ expect: choose.pick(['nonsense', '200-ok']) }),
    () => ({ upgrade: choose.pick(['h2c', 'websocket', 'x']), connection: 'upgrade' }),
    () => ({ range: 'bytes=-1,,', 'if-none-match': '"', 'if-modified-since': 'never' }),
    () => ({ origin: choose.pick(['null', 'http://', '\xff', 'x'.repeat(5_000)]), 'access-control-request-method': 'X' }),
    () => ({ authorization: choose.pick(['Bearer', 'Bearer  ', 'Basic eDp5', 'bearer\t\tx', `Bearer ${request.headers.authorization}`, 'x'.repeat(9_000)]) }),
    () => ({ host: choose.pick(['', 'x'.repeat(300), '[::', 'a/b', 'a@b:99999']) }),
    () => ({ cookie: '='.repeat(3_000), 'x-http-method-override': 'DELETE', 'content-length': undefined }),
    () => ({ 'transfer-encoding': 'chunked', te: 'x' }),
    () => ({ 'x-request-id': `${'\xff'.repeat(50)}`, 'retry-after': '-1', __proto: '1' }),
  ])(); // prettier-ignore

const rawRequests = (choose, { path, headers }) =>
  choose.pick([
    () => choose.bytes(1 + choose.below(300)),
    () => `GET ${path}\0 HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `${choose.pick(['FROB', 'get', 'CONNECT', 'TRACE', 'PRI', ''])} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `GET ${choose.bytes(30).toString('latin1')} HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `GET http://elsewhere${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    () => `GET ${choose.pick(['//', '*', '?', '///../..', 'x', '//[', '/\\..\\..'])} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    () => `GET ${path} HTTP/9.9\r\nHost: x\r\n\r\n`,
    () => `GET ${path} HTTP/1.1\r\n\r\n`,
    () => `GET ${path} HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n`,
    () => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{"a":1}`,
    () => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n{}`,
    () => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    () => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${headers.authorization}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    () => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"a":`,
    () => `GET ${path} HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(3_000)}\r\n`,
    () => `GET ${path} HTTP/1.1\r\nHost: x\r\n: nameless\r\nbad name: x\r\n folded\r\n\r\n`,
    () => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${choose.pick(['12', 'x', ''])}\r\nSec-WebSocket-Key: ${choose.pick(['', 'x', 'AAAAAAAAAAAAAAAAAAAAAA=='])}\r\n\r\n`,
  ])(); // prettier-ignore

/** A request of this kind, made from one that would be taken. */
export const requestOf = (kind, choose, wire, users) => {
  const request = sound(choose, wire, users, bodyKinds.includes(kind) || kind === 'wrong content type');
  if (bodyKinds.includes(kind)) {
    const whole = malformed(kind, choose, request.sample);
    const isObject = request.isForm && typeof whole === 'string' && /^\{"[^{}[\]]*\}$/.test(whole);
    request.body = isObject ? formOf(whole) : whole;
    request.headers['content-type'] ??= 'application/json';
  }
  if (kind === 'wrong content type') request.headers['content-type'] = choose.pick(contentTypes);
  if (kind === 'odd header') {
    const { body = request.body, ...odd } = oddHeaders(choose, request);
    Object.assign(request, { body, headers: { ...request.headers, ...odd } });
  }
  if (kind === 'bad path') {
    const parts = request.path.split('/');
    const at = 1 + choose.below(parts.length - 1);
    parts[at] = oddPlace(choose);
    request.path = choose.random() < 0.05 ? `/static/${oddPlace(choose)}` : parts.join('/');
  }
  if (kind === 'bad query') {
    const names = [...request.operation.queryNames, '__proto__', 'a[b]', 'token'];
    for (let left = 1 + choose.below(3); left > 0; left -= 1)
      request.rawQuery = `${request.rawQuery ?? '?'}${choose.pick(names)}${choose.pick(['=', '', '[]=', '[__proto__][a]='])}${oddPlace(choose)}&`;
  }
  if (kind === 'nonsense token') {
    const token = nonsenseToken(choose);
    request.headers.authorization = `${choose.pick(['Bearer ', 'bearer ', ''])}${token}`;
    if (request.query.has('token') || choose.random() < 0.2) request.query.set('token', token);
  }
  if (kind === 'wrong method')
    request.method = choose.pick(['PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']);
  const query = request.rawQuery ?? (request.query.size > 0 ? `?${request.query}` : '');
  const target = `${request.mount}${request.path}${query}`;
  if (kind === 'no HTTP') return { raw: Buffer.from(rawRequests(choose, request), 'latin1') };
  const headers = Object.fromEntries(
    Object.entries(request.headers)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  );
  return {
    method: request.method,
    target: target.startsWith('/') ? target : `/${target}`,
    headers,
    body: request.body,
  };
};

const formOf = (text) => {
  try {
    return new URLSearchParams(JSON.parse(text)).toString();
  } catch {
    return text;
  }
};

const answerWithinMs = 20_000;
/** What never was a whole request may be waited for by the gateway. */
const rawWithinMs = 1_000;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** Its answer as status and everything it said; status 0 for a connection that was cut, -1 for none in time. */
export const sendRequest = (url, request) => (request.raw ? sendRaw(url, request.raw) : sendHttp(url, request));

const sendHttp = (url, { method, target, headers, body }) =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const length =
      body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      agent,
      hostname,
      port,
      method,
      path: target,
      headers: { ...length, ...headers },
      timeout: answerWithinMs,
    };
    const sent = http.request(options);
    let status = 0;
    const done = (text) => resolve({ status, text });
    sent.on('response', (answer) => {
      status = answer.statusCode;
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => done(JSON.stringify(answer.headers) + Buffer.concat(parts).toString('utf8')));
      answer.on('error', () => done(Buffer.concat(parts).toString('utf8')));
    });
    sent.on('upgrade', (answer, socket) => {
      status = answer.statusCode;
      socket.destroy();
      done(JSON.stringify(answer.headers));
    });
    sent.on('timeout', () => {
      status = -1;
      sent.destroy();
    });
    sent.on('error', (error) => done(`${error.code ?? ''} ${error.message}`));
    sent.end(body);
  });

const sendRaw = (url, bytes) =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    const received = [];
    const timer = setTimeout(() => socket.destroy(), rawWithinMs);
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (part) => {
      received.push(part);
      socket.end();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      const text = Buffer.concat(received).toString('utf8');
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    });
  });
