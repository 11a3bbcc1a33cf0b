import { defineConfig } from 'vitest/config';

const conditions = ['parley-source', 'node'];

/**
 * `npm run coverage`: what the gateway's tests execute, with the services behind it, and those of the libraries and the other services that
 * need no servers.
 */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{libs,services}/*/src/**/*.test.ts'],
    exclude: ['libs/**/*.int.test.ts', 'services/!(gateway)/**/*.int.test.ts', '**/dist/**', '**/node_modules/**'],
    globalSetup: ['libs/testing/src/global-setup.ts'],
    pool: 'forks',
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['{libs,services}/*/src/**/*.ts'],
      exclude: ['**/*.{test,suite}.ts', '**/src/testing/**', 'libs/testing/**', '**/*.generated.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      // A little below what was measured: less of it is a part that came without tests. Stores run in the *.int.test.ts of their service.
      thresholds: {
        lines: 64,
        statements: 62,
        functions: 57,
        branches: 53,
        'libs/contracts/src/**': { lines: 95, branches: 84 },
        'libs/runtime/src/**': { lines: 90, branches: 76 },
        'services/gateway/src/**': { lines: 84, branches: 74 },
      },
    },
  },
});
