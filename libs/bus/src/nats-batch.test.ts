import { expect, test } from 'vitest';
import { decodeBatch, encodeBatch } from './nats-batch.js';

test('a batch gives back each body, its headers and its schema, whatever the bytes of its characters', () => {
  const items = [
    {
      token: '1',
      packet: { body: '{"text":"ünï 🎈"}', headers: { 'X-Parley-Principal': '{"name":"ü\\n"}' }, schema: 'a' },
    },
    { token: '2', packet: { body: '', headers: { 'X-Parley-Fault': '{}' }, schema: undefined } },
    { token: '3', packet: { body: '"🎈"', headers: {}, schema: undefined } },
  ];
  expect(decodeBatch(encodeBatch(items))).toEqual(items);
});

test('a batch of the previous release names no schemas', () => {
  const data = Buffer.from('[["1",{},4],["2",{},4]]\nnulltrue');
  expect(decodeBatch(data)).toEqual([
    { token: '1', packet: { body: 'null', headers: {} } },
    { token: '2', packet: { body: 'true', headers: {} } },
  ]);
});
