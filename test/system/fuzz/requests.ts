// Malformed requests to the REST side of a wire.
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { FuzzUser } from './clients.js';
import { isObject, type Operation, sampleObjectOf, type Wire } from './documented.js';
import { bodyKinds, type Chooser, malformed, nonsenseToken, oddPlace } from './malformed.js';

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

export interface FuzzUsers {
  readonly user: FuzzUser;
  /** For what would end a session or an account. */
  readonly spare: FuzzUser;
}

type Headers = Readonly<Record<string, string | undefined>>;
type Body = string | Buffer | undefined;

/** A request that would be taken. */
interface SoundRequest {
  readonly operation: Operation;
  readonly method: string;
  readonly mount: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawQuery?: string;
  readonly headers: Headers;
  readonly sample: Readonly<Record<string, unknown>>;
  readonly isForm: boolean;
  readonly body: Body;
}

export type FuzzRequest =
  | { readonly raw: Buffer }
  | { readonly method: string; readonly target: string; readonly headers: Record<string, string>; readonly body: Body };

/** What would end the session or the account that everything else is asked with. */
const endsItsUser = ({ method, path }: Operation): boolean =>
  method !== 'GET' && /logout|sessions|password|\/me$/.test(path);

const textsOf = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
const formOf = (fields: Readonly<Record<string, unknown>>): string => new URLSearchParams(textsOf(fields)).toString();

const soundRequest = (choose: Chooser, wire: Wire, { user, spare }: FuzzUsers, needsBody: boolean): SoundRequest => {
  const some = wire.operations.filter(({ schema }) => !needsBody || schema);
  const operation = choose.pick(some.length > 0 ? some : wire.operations);
  const { token, known } = endsItsUser(operation) ? spare : user;
  const asked = operation.queryNames.filter((name) => known[name] !== undefined);
  const query = new URLSearchParams(textsOf(Object.fromEntries(asked.map((name) => [name, known[name]]))));
  const sample = operation.schema ? sampleObjectOf(operation.schema, known) : {};
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(known[name] === undefined ? 'x' : `${known[name] as string | number}`),
  );
  const mount = choose.random() < 0.3 && !path.startsWith('/wires/') ? `/wires/${wire.name}` : '';
  const isForm = operation.type?.includes('form') ?? false;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(operation.schema && { 'content-type': operation.type }),
    'x-forwarded-for': `198.51.${choose.below(256)}.${choose.below(256)}`,
  };
  const text = isForm ? formOf(sample) : JSON.stringify(sample);
  const body = operation.schema && text;
  return { operation, method: operation.method, mount, path, query, headers, sample, isForm, body };
};

const contentTypes = [
  'text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'multipart/form-data', 'application/json; charset=utf-16',
  'application/json; charset=nonsense', 'application/x-www-form-urlencoded', '/', 'application/json;;;', 'x'.repeat(3_000), 'image/png',
]; // prettier-ignore

type OddHeaders =
  Readonly<Record<string, string | undefined>> | { readonly 'content-encoding': string; readonly body: Buffer };

const oddHeaders = (choose: Chooser, request: SoundRequest): OddHeaders =>
  choose.pick<() => OddHeaders>([
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

const rawRequests = (choose: Chooser, { path, headers }: SoundRequest): string | Buffer =>
  choose.pick<() => string | Buffer>([
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

type Change = (choose: Chooser, request: SoundRequest) => Partial<SoundRequest>;

const malformedBody = (kind: string, choose: Chooser, { sample, isForm, headers }: SoundRequest) => {
  const whole = malformed(kind, choose, sample);
  const isFlat = isForm && typeof whole === 'string' && /^\{"[^{}[\]]*\}$/.test(whole);
  return { body: isFlat ? formOfJson(whole) : whole, headers: { 'content-type': 'application/json', ...headers } };
};

/** What is changed for each kind that is not one of bodies. */
const changes: Readonly<Record<string, Change>> = {
  'wrong content type': (choose, { headers }) => ({
    headers: { ...headers, 'content-type': choose.pick(contentTypes) },
  }),
  'odd header': (choose, request) => {
    const odd = oddHeaders(choose, request);
    if (!Buffer.isBuffer(odd.body)) return { headers: { ...request.headers, ...odd, body: undefined } };
    return { body: odd.body, headers: { ...request.headers, 'content-encoding': odd['content-encoding'] } };
  },
  'bad path': (choose, request) => {
    const parts = request.path.split('/');
    parts[1 + choose.below(parts.length - 1)] = oddPlace(choose);
    return { path: choose.random() < 0.05 ? `/static/${oddPlace(choose)}` : parts.join('/') };
  },
  'bad query': (choose, { operation }) => {
    const names = [...operation.queryNames, '__proto__', 'a[b]', 'token'];
    let rawQuery = '?';
    for (let left = 1 + choose.below(3); left > 0; left -= 1)
      rawQuery += `${choose.pick(names)}${choose.pick(['=', '', '[]=', '[__proto__][a]='])}${oddPlace(choose)}&`;
    return { rawQuery };
  },
  'nonsense token': (choose, { headers, query }) => {
    const token = nonsenseToken(choose);
    const authorization = `${choose.pick(['Bearer ', 'bearer ', ''])}${token}`;
    const changed = new URLSearchParams(query);
    if (query.has('token') || choose.random() < 0.2) changed.set('token', token);
    return { headers: { ...headers, authorization }, query: changed };
  },
  'wrong method': (choose) => ({
    method: choose.pick(['PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']),
  }),
};

/** A request of this kind, made from one that would be taken. */
export const requestOf = (kind: string, choose: Chooser, wire: Wire, users: FuzzUsers): FuzzRequest => {
  const isBody = bodyKinds.includes(kind);
  const sound = soundRequest(choose, wire, users, isBody || kind === 'wrong content type');
  if (kind === 'no HTTP') {
    const raw = rawRequests(choose, sound);
    return { raw: typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw };
  }
  const changed = isBody ? malformedBody(kind, choose, sound) : changes[kind]?.(choose, sound);
  const { method, mount, path, query, rawQuery, headers, body } = { ...sound, ...changed };
  const target = `${mount}${path}${rawQuery ?? (query.size > 0 ? `?${query.toString()}` : '')}`;
  return { method, target: target.startsWith('/') ? target : `/${target}`, headers: asLatin1(headers), body };
};

const asLatin1 = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Buffer.from(value).toString('latin1')] as const],
    ),
  );

const formOfJson = (text: string): string => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? formOf(value) : text;
  } catch {
    return text;
  }
};

const answerWithinMs = 20_000;
/** What never was a whole request may be waited for by the gateway. */
const rawWithinMs = 1_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Status 0: the connection was cut; -1: no answer in time. */
export interface FuzzAnswer {
  readonly status: number;
  /** Everything that was received, headers included. */
  readonly text: string;
}

export const sendRequest = (url: string, request: FuzzRequest): Promise<FuzzAnswer> =>
  'raw' in request ? sendRaw(url, request.raw) : sendHttp(url, request);

const sendHttp = (
  url: string,
  { method, target, headers, body }: Exclude<FuzzRequest, { raw: Buffer }>,
): Promise<FuzzAnswer> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const length =
      body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { agent, hostname, port, method, path: target, timeout: answerWithinMs };
    const sent = httpRequest({ ...options, headers: { ...length, ...headers } });
    let status = 0;
    const end = (text: string): void => resolve({ status, text });
    sent.on('response', (answer) => {
      status = answer.statusCode ?? 0;
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => end(JSON.stringify(answer.headers) + Buffer.concat(parts).toString('utf8')));
      answer.on('error', () => end(Buffer.concat(parts).toString('utf8')));
    });
    sent.on('upgrade', (answer, socket) => {
      status = answer.statusCode ?? 0;
      socket.destroy();
      end(JSON.stringify(answer.headers));
    });
    sent.on('timeout', () => {
      status = -1;
      sent.destroy();
    });
    sent.on('error', (error) => end(error.message));
    sent.end(body);
  });

const sendRaw = (url: string, bytes: Buffer): Promise<FuzzAnswer> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
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
