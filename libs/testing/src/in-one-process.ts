import { type Bus, connectNats } from '@parley/bus';
import { type GatewayDeps, GatewayConfig, startGateway } from '@parley/gateway';
import { createLog, type Log } from '@parley/runtime';
import { startOwners } from './owners.js';
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

export const startInOneProcess = async (options: InOneProcessOptions): Promise<InOneProcess> => {
  const { natsUrl, databaseUrl, busOf = (_service, bus) => bus, clock, accessLifeMs } = options;
  const environment = { PORT: '0', PARLEY_DRAIN_MS: '200', ...options.environment };
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
  try {
    const owners = await startOwners({ databaseUrl, busOf: connect, log, environment, accessLifeMs, clock });
    undo.push(async () => owners[Symbol.asyncDispose]());
    const moved = clock && { clock, monotonic: () => performance.now() + (clock() - Date.now()) };
    const gatewayDeps = { bus: await connect('gateway'), log, ...moved, timings: options.timings ?? {} };
    const gateway = await startGateway(GatewayConfig.parse(environment), gatewayDeps);
    undo.push(() => gateway.stop());
    return { url: gateway.url, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
