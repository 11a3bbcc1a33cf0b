import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Platform, startCollector, startPlatform } from '@parley/testing';
import { type Form, formsToStart, furtherRealm, givenUrls } from './forms.js';

/** Names the URL in the main process of the tests that answers with `Addresses`. */
export const platformsVariable = 'PARLEY_TEST_PLATFORMS';

/** Where the platforms are that all journeys share. */
export interface Addresses {
  /** One URL for each gateway. */
  readonly urls: Readonly<Partial<Record<Form, readonly string[]>>>;
  /** URL of NATS, on forms that have one. */
  readonly buses: Readonly<Partial<Record<Form, string>>>;
  readonly collector?: string;
}

interface Running {
  readonly addresses: Addresses;
  /** Rejects if NATS refused what a service does. */
  stop(): Promise<void>;
}

/**
 * Parley in each of its forms, from what was built, once for all journeys. Files of journeys run among the others, and the first of them has the
 * platforms started: a run without journeys starts none.
 */
export default async (): Promise<(() => Promise<void>) | undefined> => {
  if (givenUrls().length > 0) return undefined;
  let running: Promise<Running> | undefined;
  const server = createServer((_request, response) => {
    running ??= startPlatforms();
    running.then(
      ({ addresses }) => response.end(JSON.stringify(addresses)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env[platformsVariable] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async () => {
    delete process.env[platformsVariable];
    server.closeAllConnections();
    server.close();
    const started = await running?.catch(() => undefined);
    await started?.stop();
  };
};

const startPlatforms = async (): Promise<Running> => {
  const collector = await startCollector();
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    // Spans take a quarter of a gateway's time. A test names the traces that it wants to see.
    PARLEY_TRACE_RATIO: '0.2',
    PARLEY_TRUST_CLIENT_SAMPLING: 'true',
    PARLEY_V1_REALMS: furtherRealm,
  };
  const started = new Map<Form, Platform>();
  const stop = async (): Promise<void> => {
    await Promise.all([...started.values()].map((platform) => platform.stop()));
    await collector.stop();
  };
  try {
    const starts = formsToStart().map(async (form) => started.set(form, await startPlatform(form, environment)));
    // All have come to an end before any is stopped, or one that starts late would stay.
    for (const start of await Promise.allSettled(starts)) if (start.status === 'rejected') throw start.reason;
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = Object.fromEntries([...started].map(([form, platform]) => [form, platform.urls]));
  const buses = Object.fromEntries([...started].map(([form, platform]) => [form, platform.natsUrl]));
  return {
    addresses: { urls, buses, collector: collector.url },
    stop: async () => {
      const denied = await deniedOnTheBus([...started.values()]).finally(stop);
      if (denied.length > 0) throw new Error(`NATS refused what a service does (see its log):\n${denied.join('\n')}`);
    },
  };
};

/** Whether every call, event and subscription of the journeys was within the permissions of its user. */
const deniedOnTheBus = async (platforms: readonly Platform[]): Promise<string[]> => {
  const urls = platforms.flatMap(({ healthUrls }) => healthUrls);
  const texts = await Promise.all(
    urls.map(async (url) => {
      const response = await fetch(`${url}/metrics`);
      return response.text();
    }),
  );
  return texts.flatMap((text) => /^parley_bus_denied_total.* [1-9].*$/m.exec(text) ?? []);
};
