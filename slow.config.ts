import { defineConfig } from 'vitest/config';
import config, { excluded, slowTests } from './vitest.config.js';

/** `npm run prove -- slow-tests` (docs/adr/0072): with all that `npm test` has, other files. */
export default defineConfig({ ...config, test: { ...config.test, include: [slowTests], exclude: excluded } });
