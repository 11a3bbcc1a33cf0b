import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { whyNoServers } from './libs/testing/src/binaries.js';
import { LongestFirst } from './libs/testing/src/longest-first.js';

// Packages resolve to their sources (condition `parley-source`), so that tests need no build. Node gets these as `--conditions`
// too, also for `require`: with `import` among them CommonJS packages would be handed ES modules.
const conditions = ['parley-source', 'node'];

const reason = await whyNoServers();
if (reason !== undefined) {
  process.stderr.write(`Skipping every *.int.test.ts: ${reason}\n`);
}

/** What `npm run prove -- slow-tests` runs, and `npm test` does not (docs/adr/0072). */
export const slowTests = '**/*.slow.int.test.ts';

/** What no run has. */
export const excluded = [...configDefaults.exclude, ...(reason === undefined ? [] : ['**/*.int.test.ts'])];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    exclude: [...excluded, slowTests],
    pool: 'forks',
    // A process runs many files and loads the packages once. So a file puts back what it changes in its process.
    isolate: false,
    // Tests wait for servers a part of their time: four at once also where there are only two cores.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    // See libs/testing/src/service-command.ts. Not in global setups, which are not test processes.
    env: { PARLEY_TEST_BUNDLES: 'true' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A second, the default, is short on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    include: [
      'libs/*/src/**/*.test.ts',
      'services/*/src/**/*.test.ts',
      'services/gateway/app/src/**/*.test.ts',
      'importer/src/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/*/*.test.ts',
    ],
    globalSetup: [
      'libs/testing/src/global-setup.ts',
      // Journeys run what `npm run build` made, as processes of their own.
      ...(reason === undefined ? ['test/journeys/start-platforms.ts'] : []),
    ],
  },
});
