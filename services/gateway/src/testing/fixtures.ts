import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { callHandler, inProcessBus } from '@parley/bus';
import type { Bus, EventHandler, Listening } from '@parley/bus';
import { Fault } from '@parley/contracts';
import type { ChannelId, ChannelSnapshot, BusEvent } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { droppingBus, eventually } from '@parley/testing';
import { WebSocket } from 'ws';
import { coreOver } from '../core.js';
import type { Dialect } from '../protocol/dialect.js';
import type { OpeningPaceOptions } from '../limits/opening-pace.js';
import { createHttpServer } from '../http/http-server.js';
import { attachUpgrades } from '../websocket/upgrade.js';
import { createRealtime } from '../connections/index.js';
import type { AccountBudget, Timings, RealtimeLimits } from '../connections/index.js';
import { plainWire } from './plain-dialect.js';
import type { WireOptions } from './plain-dialect.js';
import { stubPrincipals } from './principals.js';

export type Frame = Record<string, unknown>;
/** What the bus does with an event on its way to the gateway: nothing, once, twice, later. */
export type EventRoute = (event: BusEvent, pass: (event: BusEvent) => void) => void;

export const limitsDefault: RealtimeLimits = {
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

export interface RealtimeFixture {
  readonly timings?: Partial<Timings>;
  readonly limits?: Partial<RealtimeLimits>;
  readonly pace?: Partial<OpeningPaceOptions>;
  readonly adapter?: WireOptions;
  /** Receives what is logged as an error. */
  readonly onErrorLogged?: (fields: object) => void;
  readonly accountBudget?: AccountBudget;
  readonly trustClientSampling?: boolean;
  /** Default: one of its own on which nothing is served, so that every service is away. */
  readonly bus?: Bus;
  /** Default: there is no channel. */
  readonly snapshotOf?: (channelId: ChannelId) => Promise<ChannelSnapshot>;
}

/** A gateway's sockets on a real server, with a dialect that is plain JSON. `withServices` adds the services behind it. */
export const givenRealtime = async (options: RealtimeFixture = {}) => {
  const silent = createLog({ service: 'test', level: process.env.PARLEY_TEST_LOG ?? 'silent' });
  const { onErrorLogged, snapshotOf = noChannel, bus = inProcessBus({ log: silent }) } = options;
  const log = onErrorLogged ? (Object.create(silent, { error: { value: onErrorLogged } }) as typeof silent) : silent;
  const route: { take: EventRoute } = { take: (event, pass) => pass(event) };
  const own = busOfGateway(bus, (event, pass) => route.take(event, pass));
  const principals = stubPrincipals();
  const limits = { ...limitsDefault, ...options.limits };
  const { accountBudget, trustClientSampling = false } = options;
  const realtime = createRealtime(
    { bus: own, core: coreOver(bus), principals, log },
    {
      limits,
      trustClientSampling,
      timings: { inboxWaitMs: 50, ...options.timings },
      ...(accountBudget && { accountBudget }),
      ...(options.pace && { pace: options.pace }),
    },
  );
  const adapter = plainWire(options.adapter ?? {}, snapshotOf);
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
      await own.drain();
    },
  };
};

/** A bus whose events take a route to their subscribers. To drain it ends its subscriptions, and those alone. */
const busOfGateway = (bus: Bus, take: EventRoute): Bus => {
  const listenings = new Set<Listening>();
  return {
    ...droppingBus(bus, () => false),
    get connected() {
      return bus.connected;
    },
    listen: async (subject, schema, handler, options) => {
      // Whatever schema a subscriber uses, it accepts a part of BusEvent.
      const pass = (event: BusEvent): void => void callHandler(handler as EventHandler<BusEvent>, event);
      const listening = await bus.listen(subject, schema, (event) => take(event as BusEvent, pass), options);
      listenings.add(listening);
      return {
        stop: () => {
          listening.stop();
          listenings.delete(listening);
        },
      };
    },
    drain: async () => {
      for (const listening of listenings) listening.stop();
    },
  };
};

const noChannel = (): Promise<never> => Promise.reject(new Fault('not_found', 'channel_not_found', 'No channel'));

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
