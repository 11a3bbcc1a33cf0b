import { expect, test } from 'vitest';
import { databaseHosts, databaseUser } from './database-hosts.js';
import { databaseUrlMistake } from './database-url.js';

test('one host is one URL, and whether it takes writes is not asked', () => {
  expect(databaseHosts('postgres://u:p@db:5432/parley')).toEqual({
    urls: ['postgres://u:p@db:5432/parley'],
    writes: false,
  });
});

test('of several hosts the one that takes writes is used', () => {
  const url = 'postgres://parley_chat:s%40cret@a:5432,b,[::1]:5433/parley?sslmode=require';
  expect(databaseHosts(url)).toEqual({
    urls: [
      'postgres://parley_chat:s%40cret@a:5432/parley?sslmode=require',
      'postgres://parley_chat:s%40cret@b/parley?sslmode=require',
      'postgres://parley_chat:s%40cret@[::1]:5433/parley?sslmode=require',
    ],
    writes: true,
  });
  expect(databaseUser(url)).toEqual({ user: 'parley_chat', password: 's@cret' });
});

test.each([
  ['any', false],
  ['primary', true],
  ['read-write', true],
])('target_session_attrs=%s', (kind, writes) => {
  const url = `postgres://u:p@a,b/parley?target_session_attrs=${kind}`;
  expect(databaseHosts(url)).toEqual({ urls: ['postgres://u:p@a/parley', 'postgres://u:p@b/parley'], writes });
});

test.each([
  ['postgres://u:p@a:1,b:2/parley', null],
  ['postgres://u:p@a:1,b:2/parley?target_session_attrs=standby', /target_session_attrs/],
  ['postgres://u:p@a:1,/parley', /not usable/],
  ['postgres://u:p@a:1,b:x/parley', /not usable/],
  ['postgres://u:p@a,b,c,d,e,f/parley', /names 6 hosts/],
])('%s', (url, mistake) => {
  if (mistake === null) expect(databaseUrlMistake(url)).toBeNull();
  else expect(databaseUrlMistake(url)).toMatch(mistake);
});
