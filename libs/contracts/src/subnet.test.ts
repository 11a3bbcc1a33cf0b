import { expect, test } from 'vitest';
import { formatAddress, parseAddress, parseSubnet } from './subnet.js';

const address = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

test.each([
  ['10.0.0.0/24', '10.0.0.0', '10.0.0.255', 24],
  ['10.7.7.77/24', '10.7.7.0', '10.7.7.255', 24],
  ['10.0.0.0/255.255.255.0', '10.0.0.0', '10.0.0.255', 24],
  ['10.0.0.0/0.0.0.255', '10.0.0.0', '10.0.0.255', 24],
  ['10.1.2.3', '10.1.2.3', '10.1.2.3', 32],
  ['10.1.2.3/32', '10.1.2.3', '10.1.2.3', 32],
  ['10.1.2.3/255.255.255.255', '10.1.2.3', '10.1.2.3', 32],
  ['10.1.2.3/31', '10.1.2.2', '10.1.2.3', 31],
  ['10.200.0.1/8', '10.0.0.0', '10.255.255.255', 8],
  ['10.0.0.0/08', '10.0.0.0', '10.255.255.255', 8],
  ['255.255.255.255/9', '255.128.0.0', '255.255.255.255', 9],
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255', 8],
])('%s is %s to %s', (text, first, last, prefix) => {
  expect(parseSubnet(text)).toEqual({ first: address(first), last: address(last), prefix });
});

test.each([
  ['', 'nothing'],
  ['10.0.0.0/7', 'too large'],
  ['10.0.0.0/0', 'everything'],
  ['10.0.0.0/0.0.0.0', 'everything as a mask'],
  ['10.0.0.0/33', 'no such prefix'],
  ['10.0.0.0/', 'no prefix'],
  ['10.0.0.0/+8', 'a sign'],
  ['10.0.0.0/-8', 'a sign'],
  ['10.0.0.0/24/24', 'two prefixes'],
  ['10.0.0.0/255.0.255.0', 'a mask with a hole'],
  ['10.0.0/24', 'three parts'],
  ['10.0.0.0.0/24', 'five parts'],
  ['10.0.0.256/24', 'a part too large'],
  ['010.0.0.1/24', 'octal'],
  ['0x0a.0.0.1/24', 'hexadecimal'],
  ['167772160/24', 'a number'],
  [' 10.0.0.0/24', 'a space'],
  ['10.0.0.0/24\n', 'a line feed'],
  ['fd00::/8', 'IPv6'],
  ['::ffff:10.0.0.0/104', 'IPv4 in IPv6'],
  ['ten', 'a word'],
])('%j is no subnet: %s', (text) => {
  expect(() => parseSubnet(text)).toThrow(expect.objectContaining({ code: 'invalid', reason: 'bad_subnet' }) as Error);
});

test.each(['0.0.0.0', '10.0.0.1', '127.255.255.255', '128.0.0.0', '255.255.255.255'])(
  '%s is a number and back',
  (text) => {
    expect(formatAddress(parseAddress(text) ?? -1)).toBe(text);
  },
);
