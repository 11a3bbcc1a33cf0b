import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withTimeout } from '@parley/contracts/deadline';
import { listenError } from './listenable.js';
import type { Metrics } from './metrics.js';

export interface HealthOptions {
  readonly host: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Dependencies that must respond before this process can work. A check that takes longer than 1 s has failed. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
}

/** `/healthz`: liveness. `/readyz`: readiness for work. `/metrics`: Prometheus metrics. */
export interface Health {
  readonly port: number;
  /** Default: false. Set to false again before stopping. */
  setReady(ready: boolean): void;
  close(): Promise<void>;
}

const variables = { host: 'PARLEY_HEALTH_HOST', port: 'PARLEY_HEALTH_PORT' };
const checkTimeoutMs = 1_000;

/** Starts the health server. Rejects with a StartError when it cannot listen. */
export const startHealth = async ({ host, port, metrics, checks }: HealthOptions): Promise<Health> => {
  let ready = false;
  let checking: Promise<string[]> | undefined;
  // Probes that arrive during a round share its result, so that a failing store gets no extra load.
  const failing = (): Promise<string[]> =>
    (checking ??= failingOf(checks).finally(() => {
      checking = undefined;
    }));

  const readiness = async (response: ServerResponse): Promise<void> => {
    if (!ready) return answer(response, 503, { status: 'not ready', failing: ['process'] });
    const names = await failing();
    if (names.length > 0) return answer(response, 503, { status: 'not ready', failing: names });
    answer(response, 200, { status: 'ready' });
  };
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(response, 405, { status: 'method not allowed' });
    switch (request.url?.split('?', 1)[0]) {
      case '/healthz':
        return answer(response, 200, { status: 'alive' });
      case '/readyz':
        return readiness(response);
      case '/metrics':
        response.setHeader('content-type', metrics.registry.contentType);
        response.end(await metrics.registry.metrics());
        return;
      default:
        return answer(response, 404, { status: 'not found' });
    }
  };

  const server = createServer((request, response) => {
    route(request, response).catch(() => answer(response, 500, { status: 'error' }));
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: Error) => {
    throw listenError(error, { host, port, variables });
  });
  return {
    port: (server.address() as AddressInfo).port,
    setReady: (now) => {
      ready = now;
    },
    close: () => close(server),
  };
};

const answer = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
};

/** Names only: the reason for a failed check belongs in the log, not on a port that others can reach. */
const failingOf = async (checks: HealthOptions['checks']): Promise<string[]> => {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ((await passes(check)) ? [] : [name])),
  );
  return results.flat();
};

const passes = (check: () => Promise<void>): Promise<boolean> => {
  const passed = Promise.resolve()
    .then(check)
    .then(
      () => true,
      () => false,
    );
  return withTimeout(passed, checkTimeoutMs, () => false);
};

const close = async (server: Server): Promise<void> => {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
};
