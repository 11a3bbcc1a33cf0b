import { defineConfig } from 'vitest/config';

// Packages resolve to their sources (condition `parley-source`), so that tests need no build. Node gets these as `--conditions`
// too, also for `require`: with `import` among them CommonJS packages would be handed ES modules.
const conditions = ['parley-source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['libs/*/src/**/*.test.ts', 'services/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['libs/testing/src/global-setup.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
