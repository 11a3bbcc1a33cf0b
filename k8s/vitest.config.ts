import { configDefaults, defineConfig } from 'vitest/config';
import { whyNoServers } from '../libs/testing/src/binaries.js';

const reason = await whyNoServers();
if (reason !== undefined) process.stderr.write(`Skipping k8s/test/*.int.test.ts: ${reason}\n`);

// What is rendered, looked at; `npm run charts` runs it where Helm is.
export default defineConfig({
  test: {
    name: 'charts',
    include: ['k8s/test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(reason === undefined ? [] : ['**/*.int.test.ts'])],
    globalSetup: ['k8s/test/pack-charts.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
