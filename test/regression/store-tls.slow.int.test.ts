// The stack over TLS to NATS and Redis, with client certificates; and a process that is given the wrong authority.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ServiceName,
  type Stack,
  makeCertificates,
  serviceProcess,
  startNatsWithUsers,
  startStack,
} from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aDevice, connect, direct } from '../clients/swifty.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ tls: true, scale: { gateway: 2 } });
});
afterAll(() => stack.stop());

test('a device receives from another one through another gateway', async () => {
  const [first = '', second = ''] = stack.urls;
  const [alice, bob] = [await aDevice(first), await aDevice(second)];
  const receives = await connect(second, bob);
  const speaks = await connect(first, alice);
  speaks.send(direct(alice, bob, { content: 'over TLS' }));
  await receives.waitFor(({ content }) => content === 'over TLS');
});

test('gateways share Redis over TLS, and say nothing about it', () => {
  for (const name of ['gateway-1', 'gateway-2']) {
    const log = readFileSync(join(stack.logFolder, `${name}.log`), 'utf8');
    expect(log).toContain('gateway answers');
    expect(log).not.toMatch(/Waiting for Redis|is not reachable/);
  }
});

test.each(['topics', 'gateway', 'standalone'] as const)(
  '%s that trusts another authority than the one of NATS ends with one sentence',
  async (service: ServiceName) => {
    const [ours, foreign] = [makeCertificates(), makeCertificates()];
    const nats = await startNatsWithUsers(ours.nats);
    const folder = mkdtempSync(join(tmpdir(), 'parley-store-tls-'));
    try {
      const logFile = join(folder, 'log');
      const environment = {
        NATS_URL: nats.urlOf('topics'),
        PARLEY_NATS_CA_FILE: foreign.nats.caFile,
        ...(service !== 'gateway' && { DATABASE_URL: stack.databaseUrl }),
        ...(service === 'standalone' && { PARLEY_FOLDER: join(folder, 'parley'), PORT: '0' }),
      };
      const doomed = await serviceProcess({ service, name: service, environment, logFile });
      const codes: (number | null)[] = [];
      doomed.onExit((code) => codes.push(code));
      await expect(doomed.start()).rejects.toThrow();
      expect(codes).toEqual([1]);
      const lines = readFileSync(logFile, 'utf8').trim().split('\n');
      expect(lines).toEqual([
        expect.stringMatching(/^NATS_URL: the certificate of NATS at 127\.0\.0\.1:\d+ is signed by no /),
      ]);
    } finally {
      await nats.stop();
      ours.remove();
      foreign.remove();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
