import { readConfig } from '@parley/runtime';
import { expect, test } from 'vitest';
import { GatewayConfig } from './config.js';

test('C17: nothing has to be set, and what listens is loopback', () => {
  expect(readConfig(GatewayConfig, {})).toMatchObject({
    host: '127.0.0.1',
    port: 8000,
    trustedProxies: [],
    dialectRealms: {},
  });
});

test('lists are read', () => {
  const config = readConfig(GatewayConfig, {
    PARLEY_DIALECT_REALMS: 'rooms:main, conversations:main',
    PARLEY_TRUSTED_PROXIES: '10.0.0.0/8,127.0.0.1,fd00::/8',
    PARLEY_V1_REALMS: 'lab,rooms',
    PARLEY_CORS_ORIGINS: 'http://localhost:3000/,https://app.example.com',
  });
  expect(config.corsOrigins).toEqual(['http://localhost:3000', 'https://app.example.com']);
  expect(config.dialectRealms).toEqual({ rooms: 'main', conversations: 'main' });
  expect(config.trustedProxies).toEqual(['10.0.0.0/8', '127.0.0.1', 'fd00::/8']);
  expect(config.v1Realms).toEqual(['lab', 'rooms']);
});

test('every mistake is named at once, by its variable and without its value', () => {
  const env = {
    PORT: '99999',
    REDIS_URL: 'http://user:hunter2@redis',
    PARLEY_TRUSTED_PROXIES: 'anybody',
    PARLEY_DIALECT_REALMS: 'romms:main',
    PARLEY_V1_REALMS: 'Not A Realm',
    PARLEY_CORS_ORIGINS: 'https://app.example.com/page',
    PARLEY_FRAMES_PER_SECOND: 'many',
  };
  const read = () => readConfig(GatewayConfig, env);
  for (const name of Object.keys(env)) expect(read).toThrow(name);
  expect(read).not.toThrow('hunter2');
});
