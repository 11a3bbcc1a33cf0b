import { connectNats } from '@parley/bus';
import { Fault } from '@parley/contracts';
import { type Gateway, GatewayConfig, type GatewayDeps, startGateway } from '@parley/gateway';
import { createLog, type Metrics } from '@parley/runtime';
import {
  freshServiceDatabase,
  interceptingBus,
  type InOneProcessOptions,
  startInOneProcess,
  startNats,
  type StackService,
} from '@parley/testing';

/** A whole Parley in this process with settings of its own, a clock that a test moves, and what it logs. */
export interface Settled {
  readonly url: string;
  /** Errors, or everything if that was asked for. */
  readonly logged: readonly string[];
  /** All that is checked by time is so much later. */
  later(ms: number): void;
  /** While `work` runs this service answers every call with `fault`; default: `unavailable` `overloaded`. */
  without<T>(service: StackService, work: () => Promise<T>, fault?: Fault): Promise<T>;
  /** Starts another gateway with settings of its own, on a free port; it ends with the platform unless it is stopped before. */
  gateway(
    environment?: Readonly<Record<string, string>>,
    timings?: GatewayDeps['timings'],
    metrics?: Metrics,
  ): Promise<Gateway>;
  stop(): Promise<void>;
}

export const startWith = async (
  environment: Readonly<Record<string, string>> = {},
  {
    accessLifeMs,
    logLevel = 'error',
  }: Pick<InOneProcessOptions, 'accessLifeMs'> & {
    /** `trace`: everything, each as a line that is made for it. Default: `error`. */
    readonly logLevel?: 'error' | 'trace';
  } = {},
): Promise<Settled> => {
  const logged: string[] = [];
  const log = createLog({ service: 'test', level: logLevel, destination: { write: (line) => void logged.push(line) } });
  const away = new Map<StackService, Fault>();
  let ahead = 0;
  const [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  const parley = await startInOneProcess({
    natsUrl: nats.url,
    databaseUrl: database.url,
    environment,
    ...(accessLifeMs !== undefined && { accessLifeMs }),
    log,
    clock: () => Date.now() + ahead,
    busOf: (service, bus) =>
      interceptingBus(bus, {
        intercept: async (_call, answer) => {
          const fault = away.get(service);
          if (fault) throw fault;
          return answer();
        },
      }),
    // A server that does not answer is given up soon.
    timings: { sendMs: 500 },
  });
  const stopGateways: (() => Promise<void>)[] = [];
  const gateway: Settled['gateway'] = async (own = {}, timings = {}, metrics) => {
    const bus = await connectNats({ servers: nats.url, name: 'gateway', log });
    stopGateways.push(() => bus.drain());
    const config = GatewayConfig.parse({ PORT: '0', PARLEY_DRAIN_MS: '200', ...own });
    const clock = () => Date.now() + ahead;
    const started = await startGateway(config, {
      bus,
      log,
      clock,
      monotonic: () => performance.now() + ahead,
      timings,
      ...(metrics && { metrics }),
    });
    stopGateways.push(() => started.stop());
    return started;
  };
  return {
    url: parley.url,
    logged,
    gateway,
    later: (ms) => void (ahead += ms),
    async without(service, work, fault = new Fault('unavailable', 'overloaded', 'Not available right now')) {
      away.set(service, fault);
      try {
        return await work();
      } finally {
        away.delete(service);
      }
    },
    async stop() {
      for (const each of stopGateways.reverse()) await each();
      await parley.stop();
      await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
    },
  };
};
