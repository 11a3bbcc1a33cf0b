import { expect, test } from 'vitest';
import { redisTarget, redisUrlMistake } from './redis-url.js';

test.each([
  ['redis://127.0.0.1', { kind: 'single', tls: false, hosts: [{ host: '127.0.0.1', port: 6379 }], db: 0 }],
  [
    'rediss://user:p%40ss@[::1]:7000/3',
    { kind: 'single', tls: true, hosts: [{ host: '::1', port: 7000 }], username: 'user', password: 'p@ss', db: 3 },
  ],
  [
    'redis+sentinel://:secret@a:26379,b/parley?sentinel_password=other',
    {
      kind: 'sentinel',
      tls: false,
      hosts: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26379 },
      ],
      password: 'secret',
      db: 0,
      master: 'parley',
      sentinelPassword: 'other',
    },
  ],
  [
    'rediss+cluster://:secret@a,b:7001',
    {
      kind: 'cluster',
      tls: true,
      hosts: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 7001 },
      ],
      password: 'secret',
      db: 0,
    },
  ],
])('%s', (url, target) => {
  expect(redisTarget(url)).toEqual(target);
  expect(redisUrlMistake(url)).toBeNull();
});

test.each([
  'http://redis',
  'redis://a,b',
  'redis+sentinel://a:26379',
  'redis+cluster://a,',
  'redis://a/name',
  'redis://:%@a',
  'redis://',
])('%s is not usable, and nothing of it is repeated', (url) => {
  expect(redisUrlMistake(url)).toMatch(/^is not usable; expected a URL like/);
});
