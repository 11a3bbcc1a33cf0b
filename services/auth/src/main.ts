import { runService } from '@parley/process';
import { AuthConfig, ignoredVariables } from './config.js';
import { startAuth } from './service.js';

await runService({
  name: 'auth',
  environment: process.env,
  config: AuthConfig,
  start: startAuth,
  ignored: ignoredVariables,
});
