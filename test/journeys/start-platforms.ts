import { type Platform, startCollector, startPlatform } from '@parley/testing';
import {
  busesVariable,
  collectorVariable,
  formsToStart,
  furtherRealm,
  givenUrls,
  platformsVariable,
} from './platforms.js';

/** Once for all journeys: Parley in each of its forms, from what was built; or those that the environment names already. */
export default async (): Promise<(() => Promise<void>) | undefined> => {
  if (process.env[platformsVariable] !== undefined) return undefined;
  if (givenUrls().length > 0) {
    process.env[platformsVariable] = JSON.stringify({ given: givenUrls() });
    return undefined;
  }
  const collector = await startCollector();
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    PARLEY_V1_REALMS: furtherRealm,
  };
  const started = new Map<string, Platform>();
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
  process.env[platformsVariable] = JSON.stringify(urls);
  const buses = Object.fromEntries([...started].map(([form, platform]) => [form, platform.natsUrl]));
  process.env[busesVariable] = JSON.stringify(buses);
  process.env[collectorVariable] = collector.url;
  return async () => {
    const denied = await deniedOnTheBus([...started.values()]).finally(stop);
    if (denied.length > 0) throw new Error(`NATS refused what a service does (see its log):\n${denied.join('\n')}`);
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
