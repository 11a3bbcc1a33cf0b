import { runProcess } from '@parley/process';
import { GatewayConfig } from './config.js';
import { startGateway } from './service.js';

await runProcess({
  name: 'gateway',
  environment: process.env,
  config: GatewayConfig,
  start: startGateway,
  stopWithinMs: ({ drainMs }) => drainMs + 10_000,
});
