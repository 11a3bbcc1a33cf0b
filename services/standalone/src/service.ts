import { coreOver, startGateway, writeSampleData } from '@parley/gateway';
import type { StandaloneConfig } from './config.js';
import { type OwnerDeps, startOwners } from './owners.js';
import type { Settings } from './settings.js';

export { StandaloneConfig } from './config.js';

interface Deps extends OwnerDeps {
  readonly settings: Settings;
}

/** For what a gateway does after its clients have left: finish pending replies, 5 s at most, and close its own connections. */
const closingMs = 8_000;

/** Runs the five services in this process, each wired as it would be on its own. The lifecycle stops them, the last started first. */
export const startStandalone = async (config: StandaloneConfig, deps: Deps): Promise<{ url: string; host: string }> => {
  const { lifecycle, log, metrics, settings } = deps;
  const bus = await startOwners(config, deps);
  if (settings.gateway.sampleData) await writeSampleData(coreOver(bus), settings.gateway, log);
  const gateway = await startGateway(settings.gateway, { bus, log: log.child({ part: 'gateway' }), metrics });
  lifecycle.onStop('gateway', () => gateway.stop(), { withinMs: config.PARLEY_DRAIN_MS + closingMs });
  return { url: gateway.url, host: settings.gateway.host };
};
