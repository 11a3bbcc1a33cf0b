import { defineConfig } from 'vitest/config';

// What is rendered, looked at; `npm run charts` runs it where Helm is.
export default defineConfig({
  test: {
    name: 'charts',
    include: ['k8s/test/**/*.test.ts'],
    globalSetup: ['k8s/test/pack-charts.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
});
