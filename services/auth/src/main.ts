import { runService } from '@parley/process';
import { AuthConfig } from './config.js';
import { startAuth } from './service.js';

await runService({
  name: 'auth',
  environment: process.env,
  config: AuthConfig,
  start: startAuth,
  ignored: {
    SECRET_KEY: 'SECRET_KEY belongs to an old server and is ignored; Parley uses PARLEY_SECRET',
    JWT_SECRET_KEY: 'JWT_SECRET_KEY belongs to an old server and is ignored; Parley uses PARLEY_SECRET',
  },
});
