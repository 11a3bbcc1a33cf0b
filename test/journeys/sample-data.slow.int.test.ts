import { startStandalone } from '@parley/testing';
import { expect, test } from 'vitest';
import { signIn } from '../clients/conversations.js';
import { ask } from '../clients/http.js';

/** On all addresses, as somebody starts it who wants to be reached. */
const startOpenly = async (environment: Readonly<Record<string, string>>) => {
  const alone = await startStandalone({ HOST: '0.0.0.0', ...environment });
  const [url = ''] = alone.urls;
  return { ...alone, url };
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
