import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');

export const services = ['auth', 'topics', 'chat', 'signaling', 'gateway'] as const;

export const bundleOf = (service: string): string => join(root, 'services/standalone/dist/test-bundles', service);

/** Compiled entries of a service, by what its bundle exports them as. */
export const entriesOf = (service: string): { readonly main: string; readonly migrate?: string } => {
  const dist = join(root, 'services', service, 'dist/src');
  const main = join(dist, 'main.js');
  return service === 'gateway' ? { main } : { main, migrate: join(dist, 'migrate/main.js') };
};
