import { fileURLToPath } from 'node:url';

export type ServiceName = 'auth' | 'topics' | 'chat' | 'signaling' | 'gateway' | 'standalone';

/** Set by vitest for its test processes: they start services from bundles, which takes a third of the processor time. */
const bundlesVariable = 'PARLEY_TEST_BUNDLES';

/** Those of `npm start` (docs/adr/0071). */
const standaloneOptions = ['--max-semi-space-size=32'];

/**
 * Arguments of `node` that run a built service, or its migration. In tests they load a bundle of `prove -- slow-tests` where there is a current one;
 * everywhere else, and in the platforms that journeys share, the modules that the images run.
 */
export const serviceCommand = (service: ServiceName, entry: 'main' | 'migrate' = 'main'): readonly string[] => {
  const built = (path: string): string => fileURLToPath(new URL(`../../../services/${path}`, import.meta.url));
  if (process.env[bundlesVariable] === 'true' && service !== 'standalone')
    return [built('standalone/dist/build/start-test-bundle.js'), service, entry];
  const main = built(`${service}/dist/src/${entry === 'main' ? '' : 'migrate/'}main.js`);
  return service === 'standalone' ? [...standaloneOptions, main] : [main];
};
