import { inProcessBus } from '@parley/bus';
import { createLog, readConfig } from '@parley/runtime';
import { fakeClock } from '@parley/testing';
import { expect, test } from 'vitest';
import { createTokenAuthority, epoch, serveAuth } from './testing/signers.js';
import { GatewayConfig, startGateway } from './gateway.js';

test.each([
  [1, { HOST: '0.0.0.0' }],
  [0, { HOST: '0.0.0.0', PARLEY_SWIFTY_TOKENS_REQUIRED: 'true' }],
  [0, { HOST: '127.0.0.1' }],
])('W0.3: a start writes %i warnings that the lists of swifty are open, with %j', async (count, environment) => {
  const lines: string[] = [];
  const log = createLog({ service: 'test', destination: { write: (line) => void lines.push(line) } });
  const bus = inProcessBus({ log });
  const { now: clock } = fakeClock(epoch);
  await serveAuth(bus, createTokenAuthority(clock).answers);
  const gateway = await startGateway(readConfig(GatewayConfig, { ...environment, PORT: '0' }), { bus, log, clock });
  await gateway.stop();
  await bus.drain();
  const warnings = lines.filter((line) => /"level":"warn".*PARLEY_SWIFTY_TOKENS_REQUIRED=true/.test(line));
  expect(warnings).toHaveLength(count);
});
