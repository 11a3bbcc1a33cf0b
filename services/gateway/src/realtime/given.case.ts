import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { inProcessBus } from '@parley/bus';
import type { Bus } from '@parley/bus';
import { Fault } from '@parley/contracts';
import type { AccountId, AccountPrincipal, ChannelId, Fact, SessionId } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { WebSocket } from 'ws';
import { coreOver } from '../core.js';
import type { Dialect, Encoded, Intent, SocketWire } from '../dialects/dialect.js';
import type { Principals } from '../edge/principal.js';
import { createHttpServer } from '../edge/http-server.js';
import { attachUpgrades } from '../edge/upgrade.js';
import { createRealtime } from './index.js';
import type { AccountBudget, Pace, RealtimeLimits } from './index.js';
import { createStubs } from './stubs.case.js';

export type Frame = Record<string, unknown>;
type Listener<F> = (fact: F) => void;
/** What the bus does with a fact on its way to the gateway: nothing, once, twice, later. */
export type Road = (fact: Fact, pass: (fact: Fact) => void) => void;

export interface WireOptions {
  readonly attach?: readonly ChannelId[];
  readonly announced?: boolean;
  readonly echo?: boolean;
  readonly delaysBursts?: true;
  readonly hears?: (fact: Fact) => Encoded['hears'];
  readonly openMs?: number;
}

const limitsDefault: RealtimeLimits = {
  frameBytesMax: 64 * 1024,
  framesPerSecond: 10_000,
  framesBurst: 10_000,
  sessionsMax: 100_000,
  connectionsPerAddress: 100_000,
  connectionsPerAccount: 100_000,
  unauthenticatedMax: 100_000,
  unauthenticatedPerAddress: 100_000,
  outgoingBytesMax: 4 * 1024 * 1024,
  bufferedBytesMax: 1024 ** 3,
};

/** A gateway's socket road on a real server, with a wire that says everything plainly. */
export const givenRealtime = async (
  options: {
    pace?: Partial<Pace>;
    limits?: Partial<RealtimeLimits>;
    wire?: WireOptions;
    accountBudget?: AccountBudget;
  } = {},
) => {
  const bus = inProcessBus({ log: createLog({ service: 'test', level: 'silent' }) });
  const log = createLog({ service: 'test', level: process.env.PARLEY_TEST_LOG ?? 'silent' });
  const stubs = await createStubs(bus);
  const road: { take: Road } = { take: (fact, pass) => pass(fact) };
  const lossy: Bus = Object.create(bus, {
    listen: {
      value: (subject: string, schema: never, handler: Listener<Fact>) =>
        bus.listen(subject, schema, (fact: Fact) => road.take(fact, handler)),
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
    pace: { inboxWaitMs: 50, ...options.pace },
  });
  const wire = plainWire(options.wire ?? {}, (id) => stubs.snapshot(id));
  const dialect = {
    name: 'v1',
    socket: wire,
    renderFault: ({ reason }: Fault) => ({ status: 429, body: { reason } }),
  } as unknown as Dialect;
  const server = createHttpServer({}, (_request, response) => response.end('answered'));
  const select = ({ path }: { path: string }) =>
    wire.match(path) ? { dialect, wire, params: {}, realms: ['main'] } : null;
  const upgrades = attachUpgrades(server, { realtime, select, limits, log, trustedProxies: ['127.0.0.1'] });
  const tcp = new Set<Socket>();
  server.on('connection', (socket) => tcp.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    bus,
    stubs,
    road,
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
    prove: async (credentials: Parameters<Principals['prove']>[0]) => {
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

/** Frames are intents as JSON with an `about`; answers and facts come back as JSON too. */
const plainWire = (options: WireOptions, snapshot: (id: ChannelId) => ReturnType<typeof JSON.parse>): SocketWire => ({
  match: (path) => (path === '/socket' ? {} : null),
  ...(options.delaysBursts && { delaysBursts: true as const }),
  credentials: ({ query }) => {
    const token = query.get('token');
    return token ? { kind: 'token', token } : null;
  },
  firstFrameMayAuthenticate: true,
  open: async ({ connectionId }) => {
    if (options.openMs) await new Promise((resolve) => setTimeout(resolve, options.openMs));
    return {
      state: null,
      attach: (options.attach ?? []).map(snapshot),
      greeting: [JSON.stringify({ hello: connectionId })],
      announced: options.announced ?? false,
    };
  },
  decode: (frame) => {
    const { about, ...intent } = JSON.parse(frame) as { about?: number };
    if (!('do' in intent)) throw new Fault('invalid', 'bad_frame', 'What?');
    const { channels } = intent as { channels?: object };
    const mapped = channels ? { ...intent, channels: new Map(Object.entries(channels)) } : intent;
    return { intent: mapped as unknown as Intent, about };
  },
  encodeOutcome: (outcome, about) =>
    JSON.stringify({
      ...outcome,
      ...('channels' in outcome && { channels: Object.fromEntries(outcome.channels) }),
      about,
    }),
  encodeFact: (fact) => {
    const frame = JSON.stringify(brief(fact));
    const hears = options.hears?.(fact);
    const origin = 'origin' in fact ? fact.origin?.connectionId : undefined;
    return {
      frame,
      ...(options.echo === false && origin !== undefined && { except: origin }),
      ...(hears && { hears }),
    };
  },
  encodeFault: ({ code, reason, retryAfterMs }, about) => JSON.stringify({ fault: code, reason, retryAfterMs, about }),
  encodeGoaway: (notice) => JSON.stringify({ goaway: notice }),
  close: ({ code, reason }) => ({
    code: code === 'unauthenticated' ? 4401 : code === 'forbidden' ? 4403 : 1013,
    reason,
  }),
});

const brief = (fact: Fact): Frame => {
  if (fact.name !== 'message.created')
    return { fact: fact.name, channelId: 'channel' in fact ? fact.channel.id : null };
  const text = fact.message.content.type === 'text' ? fact.message.content.text : '';
  return { fact: fact.name, channelId: fact.channel.id, sequence: fact.inbox?.sequence ?? fact.message.sequence, text };
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
    send: (intent: object) => ws.send(JSON.stringify(intent)),
    ask: (intent: object): Promise<Frame> => {
      const about = (asked += 1);
      ws.send(JSON.stringify({ ...intent, about }));
      return waitFor((frame) => frame.about === about);
    },
    sequences: (channelId?: ChannelId) =>
      frames
        .filter((one) => one.fact === 'message.created' && (!channelId || one.channelId === channelId))
        .map((one) => one.sequence),
  };
};

const fail = (text: string): never => {
  throw new Error(text);
};

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
