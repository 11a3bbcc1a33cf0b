import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { inProcessBus } from '@parley/bus';
import type { Bus } from '@parley/bus';
import type { Fault, ChannelId, BusEvent } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { WebSocket } from 'ws';
import { coreOver } from '../core.js';
import type { Dialect } from '../protocol/dialect.js';
import type { OpeningPaceOptions } from '../limits/opening-pace.js';
import { createHttpServer } from '../http/http-server.js';
import { attachUpgrades } from '../websocket/upgrade.js';
import { createRealtime } from '../connections/index.js';
import type { AccountBudget, Timings, RealtimeLimits } from '../connections/index.js';
import { createStubs } from './fakes.js';
import { plainWire } from './plain-dialect.js';
import type { WireOptions } from './plain-dialect.js';
import { stubPrincipals } from './principals.js';

export type Frame = Record<string, unknown>;
type Listener<F> = (event: F) => void;
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

/** A gateway's sockets on a real server, with a dialect that is plain JSON. */
export const givenRealtime = async (
  options: {
    timings?: Partial<Timings>;
    limits?: Partial<RealtimeLimits>;
    pace?: Partial<OpeningPaceOptions>;
    adapter?: WireOptions;
    /** Receives what is logged as an error. */
    onErrorLogged?: (fields: object) => void;
    accountBudget?: AccountBudget;
    /** Chat of the previous release runs. */
    formerChat?: boolean;
    trustClientSampling?: boolean;
  } = {},
) => {
  const bus = inProcessBus({ log: createLog({ service: 'test', level: 'silent' }) });
  const silent = createLog({ service: 'test', level: process.env.PARLEY_TEST_LOG ?? 'silent' });
  const { onErrorLogged } = options;
  const log = onErrorLogged ? (Object.create(silent, { error: { value: onErrorLogged } }) as typeof silent) : silent;
  const stubs = await createStubs(bus, { isFormer: options.formerChat ?? false });
  const route: { take: EventRoute } = { take: (event, pass) => pass(event) };
  const lossy: Bus = Object.create(bus, {
    listen: {
      value: (subject: string, schema: never, handler: Listener<BusEvent>) =>
        bus.listen(subject, schema, (event: BusEvent) => route.take(event, handler)),
    },
  }) as Bus;
  const principals = stubPrincipals();
  const limits = { ...limitsDefault, ...options.limits };
  const { accountBudget, trustClientSampling = false } = options;
  const realtime = createRealtime(
    { bus: lossy, core: coreOver(bus), principals, log },
    {
      limits,
      trustClientSampling,
      timings: { inboxWaitMs: 50, ...options.timings },
      ...(accountBudget && { accountBudget }),
      ...(options.pace && { pace: options.pace }),
    },
  );
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
