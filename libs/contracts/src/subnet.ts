import { Fault } from './fault.js';

/** A range of IPv4 addresses, each a number from 0 to 2^32 - 1. */
export interface Subnet {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

const prefixMin = 8;
const prefixMax = 32;

/**
 * Parses what old clients send: `10.0.0.0/24`, with host bits (`10.7.7.77/24`), with a dotted mask or its inverse
 * (`10.0.0.0/255.255.255.0`, `10.0.0.0/0.0.0.255`), or one bare address. Throws `invalid` `bad_subnet` for everything else.
 */
export const parseSubnet = (text: string): Subnet => {
  const [address = '', mask, ...rest] = text.split('/');
  const base = parseAddress(address);
  const prefix = mask === undefined ? prefixMax : parsePrefix(mask);
  const fits = rest.length === 0 && prefix !== null && prefix >= prefixMin && prefix <= prefixMax;
  if (base === null || !fits) throw new Fault('invalid', 'bad_subnet', 'Expected an IPv4 subnet from /8 to /32');
  // Plain arithmetic: JavaScript's bit operators would make numbers above 2^31 negative.
  const size = 2 ** (32 - prefix);
  const first = base - (base % size);
  return { first, last: first + size - 1, prefix };
};

/** An address as a number; null if invalid. Leading zeros are refused: some programs read them as octal, and would see another address. */
export const parseAddress = (text: string): number | null => {
  const parts = text.split('.');
  const good = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return good ? parts.reduce((address, part) => address * 256 + Number(part), 0) : null;
};

export const formatAddress = (address: number): string =>
  [2 ** 24, 2 ** 16, 2 ** 8, 1].map((unit) => Math.floor(address / unit) % 256).join('.');

const parsePrefix = (text: string): number | null => {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const mask = parseAddress(text);
  if (mask === null) return null;
  return prefixOf(mask) ?? prefixOf(2 ** 32 - 1 - mask);
};

/** The number of leading ones in a mask; null when a one follows a zero. */
const prefixOf = (mask: number): number | null => {
  const hosts = Math.log2(2 ** 32 - mask);
  return Number.isInteger(hosts) ? 32 - hosts : null;
};
