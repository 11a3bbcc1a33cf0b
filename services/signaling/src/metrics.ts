import type { Log, Metrics } from '@parley/runtime';
import type { ReadUsage, Usage } from './store/usage.js';

const usageEveryMs = 30_000;

const none: Usage = {
  networks: { below_50: 0, from_50: 0, from_80: 0, from_95: 0, full: 0 },
  addresses: 0,
  leases: 0,
  peers: 0,
};

/**
 * Exposes how full networks are, at most 30 s old: a scrape must not wait for the store. Every replica reports the same totals, so
 * queries must take the maximum over replicas and never the sum.
 */
export const exposeUsage = (metrics: Metrics, read: ReadUsage, log: Log): { stop(): void } => {
  let last = none;
  const look = (): void => {
    read().then(
      (usage) => (last = usage),
      (error: unknown) => log.debug({ err: error }, 'The usage of networks could not be read; it is tried again'),
    );
  };
  look();
  const timer = setInterval(look, usageEveryMs).unref();
  metrics.gauge(
    'parley_signaling_networks',
    'Networks of more than two hosts by the share of addresses held, in percent',
    {
      labels: ['fill'],
      read: () => Object.entries(last.networks).map(([fill, count]) => [{ fill }, count] as const),
    },
  );
  metrics.gauge('parley_signaling_addresses', 'Addresses that all networks have for hosts', {
    read: () => last.addresses,
  });
  metrics.gauge('parley_signaling_leases', 'Addresses held', { read: () => last.leases });
  metrics.gauge('parley_signaling_peers', 'Agents that are online', { read: () => last.peers });
  return { stop: () => clearInterval(timer) };
};
