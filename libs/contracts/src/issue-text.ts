import type { z } from 'zod';

type RawIssue = z.core.$ZodRawIssue;

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  undefined: 'left out',
};

const formats: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  guid: 'a UUID',
  email: 'an e-mail address',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  cidrv4: 'an IPv4 network such as 10.0.0.0/24',
  hostname: 'a host name',
  url: 'a URL',
  datetime: 'a time in ISO 8601 such as 2026-01-31T12:00:00.000Z',
};

const units: Readonly<Record<string, string>> = { string: 'character', array: 'item', set: 'item', map: 'item' };

const amount = (count: number | bigint, unit: string): string =>
  `${count.toLocaleString('en-US')} ${unit}${Number(count) === 1 ? '' : 's'}`;

const bound = (origin: string, limit: number | bigint, word: 'least' | 'most'): string => {
  const unit = units[origin];
  return unit === undefined
    ? `Must be at ${word} ${limit.toLocaleString('en-US')}`
    : `Must have at ${word} ${amount(limit, unit)}`;
};

const oneOf = (values: readonly unknown[]): string => {
  const texts = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  return texts.length === 1 ? `Must be ${texts[0]}` : `Must be one of ${texts.join(', ')}`;
};

/**
 * The error map for input from clients: what is wrong in plain English, without the validator's terms and without the value. A message
 * that a schema sets itself takes precedence.
 */
export const issueText = (issue: RawIssue): string => {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys' && issue.code !== 'custom') return 'Is required';
  switch (issue.code) {
    case 'invalid_type':
      return `Must be ${kinds[issue.expected] ?? 'of another type'}`;
    case 'too_small':
      return bound(issue.origin, issue.minimum, 'least');
    case 'too_big':
      return bound(issue.origin, issue.maximum, 'most');
    case 'invalid_format':
      return `Must be ${formats[issue.format] ?? 'in the documented format'}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'not_multiple_of':
      return `Must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'Has a field that is not documented';
    case 'invalid_key':
      return 'Has a field whose name is not allowed';
    default:
      return 'Is not in the documented form';
  }
};
