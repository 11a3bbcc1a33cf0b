import { randomBytes } from 'node:crypto';
import { ConfigError, readConfig } from '@parley/runtime';
import { expect, test } from 'vitest';
import { AuthConfig } from './config.js';

const secret = randomBytes(32).toString('base64url');
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const mistakes = (env: Record<string, string>): string => {
  try {
    readConfig(AuthConfig, env);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

test('lives and realms have the defaults of the old wires', () => {
  const config = readConfig(AuthConfig, { PARLEY_SECRET: secret });
  expect(config.realms).toEqual(['main', 'swifty', 'rooms', 'mesh', 'fluent', 'conversations']);
  const minutes = Object.entries(config.accessLifeMs).map(([dialect, life]) => [dialect, life / minuteMs]);
  expect(Object.fromEntries(minutes)).toEqual({
    v1: 15,
    swifty: 60,
    rooms: 1440,
    mesh: 60,
    fluent: 60,
    conversations: 3000,
  });
  const days = Object.entries(config.refreshLifeMs).map(([dialect, life]) => [dialect, life / dayMs]);
  expect(Object.fromEntries(days)).toEqual({ v1: 30, swifty: 30, rooms: 7, mesh: 30, fluent: 7, conversations: 30 });
});

test('each life can be set', () => {
  const env = { PARLEY_SECRET: secret, PARLEY_ACCESS_MINUTES_ROOMS: '5', PARLEY_REFRESH_DAYS_V1: '2' };
  const config = readConfig(AuthConfig, env);
  expect(config.accessLifeMs.rooms).toBe(5 * minuteMs);
  expect(config.refreshLifeMs.v1).toBe(2 * dayMs);
});

test('K12: ACCESS_TOKEN_EXPIRE_MINUTES means the two wires whose READMEs name it, unless their own says otherwise', () => {
  const minutes = (env: Record<string, string>) => {
    const { accessLifeMs } = readConfig(AuthConfig, { PARLEY_SECRET: secret, ...env });
    return Object.fromEntries(Object.entries(accessLifeMs).map(([dialect, life]) => [dialect, life / minuteMs]));
  };
  const others = { v1: 15, mesh: 60, fluent: 60, conversations: 3000 };
  expect(minutes({ ACCESS_TOKEN_EXPIRE_MINUTES: '90' })).toEqual({ ...others, swifty: 90, rooms: 90 });
  expect(minutes({ ACCESS_TOKEN_EXPIRE_MINUTES: '90', PARLEY_ACCESS_MINUTES_ROOMS: '5' })).toMatchObject({
    swifty: 90,
    rooms: 5,
  });
  expect(mistakes({ PARLEY_SECRET: secret, ACCESS_TOKEN_EXPIRE_MINUTES: 'an hour' })).toContain(
    'ACCESS_TOKEN_EXPIRE_MINUTES',
  );
});

test('a secret has no default, and may be neither short nor one that READMEs print; none is repeated in the message', () => {
  expect(mistakes({})).toMatch(/PARLEY_SECRET: is required/);
  expect(mistakes({ PARLEY_SECRET: 'too short' })).toMatch(/at least 32 characters/);
  expect(mistakes({ PARLEY_SECRET: 'too short' })).not.toContain('too short');
  const reported = [
    'your-secret-key-change-in-production',
    'your-secret-key-here',
    'your-secret-key-change-this-in-production',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  ];
  for (const value of reported) {
    expect(mistakes({ PARLEY_SECRET: value })).toMatch(/PARLEY_SECRET: is printed in a public README/);
    expect(mistakes({ PARLEY_SECRET: value })).not.toContain(value);
  }
});

test.each([
  ['change-me-change-me-change-me-change-me', /is an example/],
  ['your-secret-key-0123456789-0123456789', /is an example/],
  ['an example for the documentation, 40 long', /is an example/],
  ['x'.repeat(64), /is not random/],
  ['0123'.repeat(16), /is not random/],
])('%s is no secret, however long, and is not repeated', (value, why) => {
  expect(mistakes({ PARLEY_SECRET: value })).toMatch(why);
  expect(mistakes({ PARLEY_SECRET: value })).not.toContain(value);
});

test('what is made at random is always taken', () => {
  for (const encoding of ['hex', 'base64', 'base64url'] as const)
    for (let n = 0; n < 200; n += 1) expect(mistakes({ PARLEY_SECRET: randomBytes(32).toString(encoding) })).toBe('');
});

test('all mistakes are reported at once', () => {
  const env = { PARLEY_REALMS: 'Main', PARLEY_KEY_ROTATION_DAYS: '0', PARLEY_ACCESS_MINUTES_MESH: 'an hour' };
  const reported = mistakes(env);
  for (const name of ['PARLEY_SECRET', ...Object.keys(env)]) expect(reported).toContain(name);
});
