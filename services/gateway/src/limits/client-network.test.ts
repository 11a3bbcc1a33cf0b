import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { canonicalAddress, clientAddressOf, clientNetwork, createProxyTrust } from './client-network.js';

const spellings: Record<string, readonly string[]> = {
  '203.0.113.6': [
    '203.0.113.6',
    ' 203.0.113.6 ',
    '203.0.113.6:40001',
    '::ffff:203.0.113.6',
    '::FFFF:203.0.113.6',
    '::ffff:cb00:7106',
    '0:0:0:0:0:ffff:cb00:7106',
    '[::ffff:cb00:7106]:443',
    '64:ff9b::203.0.113.6',
    '64:ff9b::cb00:7106',
    '[64:FF9B::CB00:7106]:40001',
  ],
  '2001:db8:1:2::/64': [
    '2001:db8:1:2::1',
    '2001:DB8:1:2::1',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:db8:1:2::203.0.113.6',
    '2001:db8:1:2::1%eth0',
    '[2001:db8:1:2::1]',
    '[2001:db8:1:2::1]:443',
    '[2001:db8:1:2::1%25eth0]:443',
  ],
  '2001:db8::/64': ['2001:db8::', '2001:db8::1', '2001:db8:0:0:1::', '[2001:db8::1]:443', '2001:db8::1:443'],
  '::/64': ['::', '::1', '[::1]:80'],
  'fe80::/64': ['fe80::1%eth0', 'FE80::1%1', 'fe80:0:0:0:1:2:3:4'],
};

const garbage = [
  undefined,
  '',
  ' ',
  'unknown',
  '_hidden',
  'localhost',
  '203.0.113',
  '203.0.113.256',
  '0203.0.113.6',
  '0xcb.0.113.6',
  '3405803782',
  '203.0.113.6:port',
  '203.0.113.6:400010',
  '203.0.113.6:1:2',
  '203.0.113.6/24',
  '[203.0.113.6',
  '[2001:db8::1',
  '[2001:db8::1]x',
  '2001:db8::1::2',
  '2001:db8:1:2:3:4:5:6:7',
  '2001:db8::12345',
  `2001:db8::1%${'z'.repeat(200)}`,
  '1'.repeat(100_000),
  '\0',
];

describe('the network of a client', () => {
  test.each(Object.entries(spellings))('%s has one key in every spelling', (network, addresses) => {
    for (const address of addresses) expect([address, clientNetwork(address)]).toEqual([address, network]);
  });

  test('of addresses in different networks differ', () => {
    const some = ['203.0.113.6', '203.0.113.7', '2001:db8::1', '2001:db8:0:1::1', '::1', '64:ff9b:1::cb00:7106'];
    expect(new Set(some.map(clientNetwork)).size).toBe(some.length);
  });

  test('of what is no address is one for all', () => {
    for (const address of garbage) expect([address, clientNetwork(address)]).toEqual([address, 'unknown']);
  });

  test('is the same for every spelling of a thousand arbitrary addresses', () => {
    for (let n = 0; n < 1_000; n += 1) {
      const groups = Array.from({ length: 8 }, () => Math.floor(Math.random() * 3 ** (n % 11)) & 0xffff);
      groups[0] = 0x2000 + (groups[0]! & 0x0fff);
      const long = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
      const short = canonicalAddress(long);
      const mixed = `${groups
        .slice(0, 6)
        .map((group) => group.toString(16).toUpperCase())
        .join(':')}:${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
      const keys = [long, long.toUpperCase(), short, mixed, `${short}%en0`, `[${long}]:${1 + n}`].map(clientNetwork);
      expect(new Set(keys)).toEqual(new Set([clientNetwork(short)]));
      expect(keys[0]).toMatch(/::\/64$/);
      expect(clientNetwork(keys[0]!.replace('/64', ''))).toBe(keys[0]);
    }
  });
});

describe('the address of a client', () => {
  const trust = createProxyTrust(['10.0.0.0/8', 'fd00::/8', '192.0.2.1']);
  const from = (remoteAddress: string | undefined, forwarded?: string): IncomingMessage =>
    ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

  test.each([
    ['the peer, when it is no proxy', '203.0.113.6', '198.51.100.1', '203.0.113.6'],
    ['the peer’s IPv4 address', '::ffff:203.0.113.6', undefined, '203.0.113.6'],
    ['the address that a proxy names', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['without its port', '10.0.0.1', '198.51.100.1:40001', '198.51.100.1'],
    ['without brackets and port', 'fd00::1', '[2001:DB8::1]:443', '2001:db8::1'],
    [
      'the last before the proxies, which may have ports',
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.2.3.4:99',
      '198.51.100.1',
    ],
    ['the last before the proxies in any spelling', '::ffff:a00:1', '1.1.1.1, 2.2.2.2, [::ffff:10.9.9.9]:1', '2.2.2.2'],
    ['not a proxy behind NAT64', '64:ff9b::10.0.0.1', '198.51.100.1', '10.0.0.1'],
    ['nothing that a proxy could not have written', '10.0.0.1', '198.51.100.1, whatever', 'unknown'],
    ['unknown once the connection is gone', undefined, '198.51.100.1', 'unknown'],
  ])('is %s', (_what, peer, forwarded, address) => {
    expect(clientAddressOf(from(peer, forwarded), trust)).toBe(address);
  });

  test('is the peer’s where no proxy is trusted', () => {
    expect(clientAddressOf(from('127.0.0.1', '198.51.100.1'), createProxyTrust([]))).toBe('127.0.0.1');
  });
});
