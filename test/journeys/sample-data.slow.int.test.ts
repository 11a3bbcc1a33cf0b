import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, serviceProcess } from '@parley/testing';
import { expect, test } from 'vitest';
import { signIn } from '../clients/conversations.js';
import { ask } from '../clients/http.js';

/** Standalone on all addresses, as somebody starts it who wants to be reached; what it says is in a file. */
const startOpenly = async (environment: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-openly-'));
  // As root its PostgreSQL runs as another user, who has to get in.
  chmodSync(folder, 0o755);
  const logFile = join(folder, 'standalone.log');
  const port = String(await freePort());
  const alone = await serviceProcess({
    service: 'standalone',
    name: 'standalone',
    environment: { HOST: '0.0.0.0', PORT: port, PARLEY_FOLDER: join(folder, 'parley'), ...environment },
    logFile,
  });
  const stop = async (): Promise<void> => {
    await alone.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await alone.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, said: () => readFileSync(logFile, 'utf8'), [Symbol.asyncDispose]: stop };
};
const login = async (url: string) => [
  (await ask('POST', `${url}/api/auth/login`, { body: { username: 'user1', password: 'password123' } })).status,
  (await signIn(url, 'testuser', 'TestPassword123')).status,
];
const warning = /listens beyond loopback and has sample users with published passwords/;

const published = 'your-secret-key-change-in-production';

test('W1.1: beyond loopback the sample users with published passwords exist only when asked for, with a warning', async () => {
  // Names of the old servers' variables mean nothing here, and standalone makes a secret of its own.
  const environment = { SECRET_KEY: published, JWT_SECRET_KEY: published };
  const [withThem, withoutThem] = await Promise.all([
    startOpenly({ PARLEY_SAMPLE_DATA: 'true' }),
    startOpenly(environment),
  ]);
  await using shown = withThem;
  await using without = withoutThem;
  expect(await login(shown.url)).toEqual([200, 200]);
  expect(shown.said()).toMatch(warning);
  expect(await login(without.url)).toEqual([401, 401]);
  expect(without.said()).not.toMatch(warning);
  expect((await ask('GET', `${without.url}/test`)).body).not.toContain('password123');
  expect((await ask('GET', `${shown.url}/test`)).body).toContain('password123');
}, 60_000);

test('W0.4: no process starts with a secret that a README prints', async () => {
  await expect(startOpenly({ HOST: '127.0.0.1', PARLEY_SECRET: published })).rejects.toThrow(
    'PARLEY_SECRET: is printed in a public README',
  );
}, 60_000);
