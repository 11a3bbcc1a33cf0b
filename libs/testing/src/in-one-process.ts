import { AuthConfig, startAuth } from '@parley/auth';
import { type Bus, connectNats } from '@parley/bus';
import { ChatConfig, startChat } from '@parley/chat';
import { type GatewayDeps, GatewayConfig, startGateway } from '@parley/gateway';
import { connectDatabase } from '@parley/postgres';
import { createLog, type Log } from '@parley/runtime';
import { SignalingConfig, startSignaling } from '@parley/signaling';
import { TopicsConfig, startTopics } from '@parley/topics';
import type { StackService } from './stack.js';

export interface InOneProcessOptions {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  /** Wraps the bus of a service. */
  readonly busOf?: (service: StackService, bus: Bus) => Bus;
  readonly timings?: GatewayDeps['timings'];
  readonly environment?: Readonly<Record<string, string>>;
  /** Lifetime of v1's access tokens in milliseconds; the operator's minimum is one minute. */
  readonly accessLifeMs?: number;
  /** The wall clock of auth and the gateway. */
  readonly clock?: () => number;
  /** The log of all services. Default: errors to the terminal. */
  readonly log?: Log;
}

/** The five services in this process, each with its own connection to a real NATS, so that a test can intercept what they exchange. */
export interface InOneProcess extends AsyncDisposable {
  readonly url: string;
  stop(): Promise<void>;
}

const testSecret = 'a secret that only tests have'.padEnd(64, '.');

export const startInOneProcess = async (options: InOneProcessOptions): Promise<InOneProcess> => {
  const { natsUrl, databaseUrl, busOf = (_service, bus) => bus, clock } = options;
  const environment = { PARLEY_SECRET: testSecret, PORT: '0', PARLEY_DRAIN_MS: '200', ...options.environment };
  const log = options.log ?? createLog({ service: 'in-one-process', level: 'error' });
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  const connect = async (service: StackService): Promise<Bus> => {
    const bus = await connectNats({ servers: natsUrl, name: service, log });
    undo.push(() => bus.drain());
    return busOf(service, bus);
  };
  const depsOf = async (service: StackService) => {
    const database = connectDatabase({ url: databaseUrl, schema: service, poolMax: 5, log });
    undo.push(() => database.close());
    return { bus: await connect(service), database, log };
  };
  const running = (service: { stop(): Promise<void> }): void => void undo.push(() => service.stop());
  try {
    const auth = AuthConfig.parse(environment);
    const { accessLifeMs = auth.accessLifeMs.v1 } = options;
    const config = { ...auth, accessLifeMs: { ...auth.accessLifeMs, v1: accessLifeMs } };
    running(await startAuth(config, { ...(await depsOf('auth')), ...(clock && { clock }) }));
    running(await startTopics(TopicsConfig.parse(environment), await depsOf('topics')));
    running(await startChat(ChatConfig.parse(environment), await depsOf('chat')));
    running(await startSignaling(SignalingConfig.parse(environment), await depsOf('signaling')));
    const moved = clock && { clock, monotonic: () => performance.now() + (clock() - Date.now()) };
    const gatewayDeps = { bus: await connect('gateway'), log, ...moved, timings: options.timings ?? {} };
    const gateway = await startGateway(GatewayConfig.parse(environment), gatewayDeps);
    running(gateway);
    return { url: gateway.url, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
