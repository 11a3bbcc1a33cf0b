import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { inProcessBus } from '@parley/bus';
import type { Bus } from '@parley/bus';
import { Fault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, ChannelId, BusEvent, SessionId } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { WebSocket } from 'ws';
import { coreOver } from '../core.js';
import type { Dialect, Encoded, SocketAdapter } from '../protocol/dialect.js';
import type { Command } from '../protocol/command.js';
import type { Principals } from '../authentication/principal.js';
import { createHttpServer } from '../http/http-server.js';
import { attachUpgrades } from '../websocket/upgrade.js';
import { createRealtime } from '../connections/index.js';
import type { AccountBudget, Timings, RealtimeLimits } from '../connections/index.js';
import { createStubs } from './fakes.js';

export type Frame = Record<string, unknown>;
type Listener<F> = (event: F) => void;
/** What the bus does with an event on its way to the gateway: nothing, once, twice, later. */
export type EventRoute = (event: BusEvent, pass: (event: BusEvent) => void) => void;

export interface WireOptions {
  readonly attach?: readonly ChannelId[];
  readonly announced?: boolean;
  readonly echo?: boolean;
  readonly delaysBursts?: true;
  readonly accepts?: (event: BusEvent) => Encoded['accepts'];
  readonly openMs?: number;
  /** A defect of the dialect: `open` throws it. */
  readonly openFails?: Error;
}

const limitsDefault: RealtimeLimits = {
  frameBytesMax: 64 * 1024,
  framesPerSecond: 10_000,
  framesBurst: 10_000,
  connectionsMax: 100_000,
  connectionsPerAddress: 100_000,
  connectionsPerAccount: 100_000,
  unauthenticatedMax: 100_000,
  unauthenticatedPerAddress: 100_000,
  outgoingBytesMax: 4 * 1024 * 1024,
  bufferedBytesMax: 1024 ** 3,
};

/** A gateway's sockets on a real server, with a dialect that is plain JSON. */
export const givenRealtime = async (
  options: {
    timings?: Partial<Timings>;
    limits?: Partial<RealtimeLimits>;
    adapter?: WireOptions;
    /** Receives what is logged as an error. */
    onErrorLogged?: (fields: object) => void;
    accountBudget?: AccountBudget;
  } = {},
) => {
  const bus = inProcessBus({ log: createLog({ service: 'test', level: 'silent' }) });
  const silent = createLog({ service: 'test', level: process.env.PARLEY_TEST_LOG ?? 'silent' });
  const { onErrorLogged } = options;
  const log = onErrorLogged ? (Object.create(silent, { error: { value: onErrorLogged } }) as typeof silent) : silent;
  const stubs = await createStubs(bus);
  const route: { take: EventRoute } = { take: (event, pass) => pass(event) };
  const lossy: Bus = Object.create(bus, {
    listen: {
      value: (subject: string, schema: never, handler: Listener<BusEvent>) =>
        bus.listen(subject, schema, (event: BusEvent) => route.take(event, handler)),
    },
  }) as Bus;
  const principals = stubPrincipals();
  const limits = { ...limitsDefault, ...options.limits };
  const realtime = createRealtime({
    bus: lossy,
    core: coreOver(bus),
    principals,
    log,
    limits,
    ...(options.accountBudget && { accountBudget: options.accountBudget }),
    timings: { inboxWaitMs: 50, ...options.timings },
  });
  const adapter = plainWire(options.adapter ?? {}, (id) => stubs.snapshot(id));
  const dialect = {
    name: 'v1',
    socket: adapter,
    renderFault: ({ reason }: Fault) => ({ status: 429, body: { reason } }),
  } as unknown as Dialect;
  const server = createHttpServer({}, (_request, response) => response.end('answered'));
  const select = ({ path }: { path: string }) =>
    adapter.match(path) ? { dialect, adapter, params: {}, realms: ['main'] } : null;
  const upgrades = attachUpgrades(server, { realtime, select, limits, log, trustedProxies: ['127.0.0.1'] });
  const tcp = new Set<Socket>();
  server.on('connection', (socket) => tcp.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    bus,
    stubs,
    route,
    principals,
    realtime,
    upgrades,
    port,
    /** How many TCP connections the server holds. */
    descriptors: () =>
      new Promise<number>((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    connect: (token?: string, connectOptions?: { raw?: boolean; from?: string }) =>
      connect(port, token, connectOptions),
    [Symbol.asyncDispose]: async () => {
      realtime.stop();
      for (const socket of tcp) socket.destroy();
      server.close();
      await bus.drain();
    },
  };
};
export type GivenRealtime = Awaited<ReturnType<typeof givenRealtime>>;

const stubPrincipals = () => {
  const known = new Map<string, { principal: AccountPrincipal; expiresAt: number }>();
  const listeners = new Set<Parameters<Principals['onRevoked']>[0]>();
  const state = { delayMs: 0 };
  return {
    state,
    now: () => Date.now(),
    authenticate: async (credentials: Parameters<Principals['authenticate']>[0]) => {
      if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
      const proof = credentials.kind === 'token' ? known.get(credentials.token) : undefined;
      if (!proof) throw new Fault('unauthenticated', 'invalid_token', 'The access token is not valid');
      return proof;
    },
    onRevoked: (listener: Parameters<Principals['onRevoked']>[0]) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    revoke: (sessionId: SessionId) => {
      for (const listener of listeners) listener({ sessionId, why: 'revoked' });
    },
    /** Somebody with a token. */
    account: (name: string, livesMs = 3_600_000) => {
      const id = randomUUID() as AccountId;
      const sessionId = randomUUID() as SessionId;
      const token = `${name}-${randomUUID()}`;
      const principal: AccountPrincipal = {
        kind: 'account',
        realm: 'main',
        dialect: 'v1',
        accountId: id,
        number: 1,
        handle: id,
        name,
        sessionId,
      };
      known.set(token, { principal, expiresAt: Date.now() + livesMs });
      const renewed = (ms: number): string => {
        const next = `${token}-${randomUUID()}`;
        known.set(next, { principal, expiresAt: Date.now() + ms });
        return next;
      };
      return { id, sessionId, token, principal, renewed };
    },
  };
};

/** Frames are commands as JSON with an `about`; answers and events come back as JSON too. */
const plainWire = (
  options: WireOptions,
  snapshot: (id: ChannelId) => ReturnType<typeof JSON.parse>,
): SocketAdapter => ({
  match: (path) => (path === '/socket' ? {} : null),
  ...(options.delaysBursts && { delaysBursts: true as const }),
  credentials: ({ query }) => {
    const token = query.get('token');
    return token ? { kind: 'token', token } : null;
  },
  firstFrameMayAuthenticate: true,
  open: async ({ connectionId }) => {
    if (options.openFails) throw options.openFails;
    if (options.openMs) await new Promise((resolve) => setTimeout(resolve, options.openMs));
    return {
      state: null,
      attach: (options.attach ?? []).map(snapshot),
      greeting: [JSON.stringify({ hello: connectionId })],
      announced: options.announced ?? false,
    };
  },
  decode: (frame) => {
    const { requestId, ...command } = JSON.parse(frame) as { requestId?: number };
    if (!('type' in command)) throw new Fault('invalid', 'bad_frame', 'What?');
    const { channels } = command as { channels?: object };
    const mapped = channels ? { ...command, channels: new Map(Object.entries(channels)) } : command;
    return { command: mapped as unknown as Command, requestId };
  },
  encodeResult: (result, requestId) =>
    JSON.stringify({
      ...result,
      ...('channels' in result && { channels: Object.fromEntries(result.channels) }),
      requestId,
    }),
  encodeEvent: (event) => {
    const frame = JSON.stringify(brief(event));
    const accepts = options.accepts?.(event);
    const origin = 'origin' in event ? event.origin?.connectionId : undefined;
    return {
      frame,
      ...(options.echo === false && origin !== undefined && { except: origin }),
      ...(accepts && { accepts }),
    };
  },
  encodeFault: ({ code, reason, retryAfterMs }, requestId) =>
    JSON.stringify({ fault: code, reason, retryAfterMs, requestId }),
  encodeGoaway: (notice) => JSON.stringify({ goaway: notice }),
  close: ({ code, reason }) => ({
    code: code === 'unauthenticated' ? 4401 : code === 'forbidden' ? 4403 : 1013,
    reason,
  }),
});

const brief = (event: BusEvent): Frame => {
  if (event.name !== 'message.created')
    return { event: event.name, channelId: 'channel' in event ? event.channel.id : null };
  const text = event.message.content.type === 'text' ? event.message.content.text : '';
  return {
    event: event.name,
    channelId: event.channel.id,
    sequence: event.inbox?.sequence ?? event.message.sequence,
    text,
  };
};

const connect = async (
  port: number,
  token: string | undefined,
  { raw = false, from }: { raw?: boolean; from?: string } = {},
) => {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket${token ? `?token=${token}` : ''}`, {
    headers: from === undefined ? {} : { 'X-Forwarded-For': from },
  });
  const frames: Frame[] = [];
  const closed: { code: number; reason: string }[] = [];
  ws.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString('utf8')) as Frame));
  ws.on('close', (code, reason) => closed.push({ code, reason: reason.toString() }));
  ws.on('error', () => {});
  await once(ws, 'open');
  const waitFor = (match: (frame: Frame) => boolean, withinMs = 5_000): Promise<Frame> =>
    eventually(() => frames.find(match) ?? fail(`Not in ${JSON.stringify(frames.slice(-5))}`), { withinMs });
  if (token && !raw) await waitFor((frame) => 'hello' in frame);
  let asked = 0;
  return {
    ws,
    frames,
    waitFor,
    closed: (withinMs = 5_000) => eventually(() => closed[0] ?? fail('Not closed'), { withinMs }),
    send: (command: object) => ws.send(JSON.stringify(command)),
    ask: (command: object): Promise<Frame> => {
      const requestId = (asked += 1);
      ws.send(JSON.stringify({ ...command, requestId }));
      return waitFor((frame) => frame.requestId === requestId);
    },
    sequences: (channelId?: ChannelId) =>
      frames
        .filter((one) => one.event === 'message.created' && (!channelId || one.channelId === channelId))
        .map((one) => one.sequence),
  };
};

const fail = (text: string): never => {
  throw new Error(text);
};

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
