import { runProcess } from '@parley/process';
import { checkListenable } from '@parley/runtime';
import { GatewayConfig } from './config.js';
import { startGateway } from './gateway.js';

await runProcess({
  name: 'gateway',
  environment: process.env,
  config: GatewayConfig,
  preflight: ({ host, port }) => checkListenable({ host, port }),
  start: startGateway,
  stopWithinMs: ({ drainMs }) => drainMs + 10_000,
});
