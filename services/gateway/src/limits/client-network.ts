import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import proxyAddr from 'proxy-addr';

/** The key of every value that is not an address. */
const unknownNetwork = 'unknown';

/** Whether the peer at an address is a trusted proxy, whose X-Forwarded-For counts. */
export type ProxyTrust = (address: string) => boolean;

const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const networkBits = 64;

/** The longest is an IPv6 address with an embedded IPv4 one, a zone id, brackets and a port; longer text is not parsed. */
const lengthMax = 128;

/**
 * The key under which limits count a client: an IPv4 address as a whole (`203.0.113.6`), an IPv6 address by its /64 (`2001:db8:1:2::/64`),
 * because one customer has all of it. Every spelling of an address has the same key: with a port, in brackets, with a zone id, compressed
 * or not, IPv4 mapped into IPv6 or translated by NAT64 (`64:ff9b::/96`). Values that are not addresses share the key `unknown`, so that
 * inventing addresses gains nothing.
 */
export const clientNetwork = (address: string | undefined): string => {
  const parsed = translated(parseAddress(address));
  if (parsed === null) return unknownNetwork;
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, networkBits / 16), 0, 0, 0, 0]).toString()}/${networkBits}`;
};

/**
 * The canonical spelling of an address, without port and zone id: `203.0.113.6`, `2001:db8::1`. `unknown` for a value that is not an
 * address.
 */
export const canonicalAddress = (address: string | undefined): string =>
  translated(parseAddress(address))?.toString() ?? unknownNetwork;

/** Whether an address is a loopback address: `127.0.0.0/8`, `::1`. */
export const isLoopback = (address: string): boolean => parseAddress(address)?.range() === 'loopback';

/** Trusts addresses and CIDR ranges, in every spelling but NAT64: its prefix is not the IPv4 network that it represents. */
export const createProxyTrust = (ranges: readonly string[]): ProxyTrust => {
  const trusts = proxyAddr.compile([...ranges]);
  return (address) => {
    const parsed = parseAddress(address);
    return parsed !== null && trusts(parsed.toString(), 0);
  };
};

/** The canonical address of the client of a request: the peer, or the last address that is not a trusted proxy. */
export const clientAddressOf = (request: IncomingMessage, trust: ProxyTrust): string =>
  canonicalAddress(proxyAddr(request, trust));

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

/** An address is looked at several times for each request and connection. */
const parsedBefore = new LRUCache<string, { readonly address: Parsed | null }>(atMost(1_000));

const parseAddress = (text: string | undefined): Parsed | null => {
  if (text === undefined || text.length > lengthMax) return null;
  const known = parsedBefore.get(text);
  if (known) return known.address;
  const address = parse(text);
  parsedBefore.set(text, { address });
  return address;
};

const parse = (text: string): Parsed | null => {
  const bare = withoutPort(text.trim()).split('%', 1)[0] ?? '';
  // Only the usual notation: parsers disagree about `010.0.0.1`, `0x7f.1` and `2130706433`.
  return isIP(bare) === 0 ? null : ipaddr.process(bare);
};

const withoutPort = (text: string): string => {
  if (text.startsWith('[')) return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? '';
  const [host = '', port = '', ...more] = text.split(':');
  return more.length === 0 && isIPv4(host) && /^\d{1,5}$/.test(port) ? host : text;
};

const translated = (address: Parsed | null): Parsed | null => {
  if (!(address instanceof ipaddr.IPv6) || !address.match(nat64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
};
