import { runService } from '@parley/process';
import { SignalingConfig } from './config.js';
import { startSignaling } from './service.js';

await runService({
  name: 'signaling',
  environment: process.env,
  config: SignalingConfig,
  start: startSignaling,
});
