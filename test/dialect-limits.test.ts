// What the READMEs of the wires say about limits is what the code does.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Metadata, MetadataText } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { AuthConfig } from '../services/auth/src/config.js';
import { gatewayVariables, GatewayConfig } from '../services/gateway/src/config.js';
import * as conversations from '../services/gateway/src/dialects/conversations/shapes.js';
import * as fluent from '../services/gateway/src/dialects/fluent/shapes.js';
import * as mesh from '../services/gateway/src/dialects/mesh/shapes.js';
import * as rooms from '../services/gateway/src/dialects/rooms/shapes.js';
import * as swifty from '../services/gateway/src/dialects/swifty/shapes.js';
import { TopicsConfig } from '../services/topics/src/config.js';

const folder = fileURLToPath(new URL('../services/gateway/src/dialects/', import.meta.url));
const cellsOf = (line: string): string[] => line.split('|').map((cell) => cell.trim());
const rowsOf = (file: string): string[][] =>
  readFileSync(folder + file, 'utf8')
    .replace(/^[^]*## Limits that/, '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cellsOf);
const numberIn = (cell = ''): number => Number(/[\d,]+/.exec(cell)?.[0].replaceAll(',', ''));

/** `x` so often, in a form that the field takes. */
const long = (n: number): string => 'x'.repeat(n);
const domain = Array.from({ length: 3 }, () => long(63)).join('.');
const emailOf = (n: number): string => `${long(n - 1 - domain.length)}@${domain}`;
const hostOf = (n: number): string => `${`${'h'.repeat(61)}.`.repeat(5).slice(0, n - 1)}h`;

type Field = readonly [schema: z.ZodType, around: (value: never) => unknown, make?: (n: number) => unknown];
const field = <V = string>(
  schema: z.ZodType,
  around: (value: V) => unknown,
  make: (n: number) => unknown = long,
): Field => [schema, around, make];

const device = '123e4567-e89b-12d3-a456-426614174000';
const topicMessage = {
  topic_id: 't',
  from: device,
  timestamp: 1,
  priority: '',
  subject: '',
  msgid: 'm',
  content: '',
};
const credentials = { username: 'u', email: 'u@example.com', password: 'password', public_key: 'k' };
const ciphertexts = { receiverID: 1, receiver_encrypted: 'x', sender_encrypted: 'x', messageType: '' };
const reach = { public_ip: '203.0.113.1', public_port: 1 };

/** By the words of the README: what takes as much and no more. */
const fields: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  rooms: {
    'user name': field(rooms.Credentials, (username) => ({ ...credentials, username })),
    password: field(rooms.Credentials, (password) => ({ ...credentials, password })),
    'name of a room': field(rooms.NewRoom, (name) => ({ name })),
    '`content`': field(rooms.Say, (content) => ({ type: 'message', content })),
    '`file_url`': field(rooms.Say, (file_url) => ({ type: 'message', file_url })),
    '`file_name`': field(rooms.Say, (file_name) => ({ type: 'message', file_name })),
    '`mime_type`': field(rooms.Say, (mime_type) => ({ type: 'message', mime_type })),
    'refresh token': field(rooms.RefreshToken, (refresh_token) => ({ refresh_token })),
  },
  swifty: {
    'name of a client': field(swifty.Registration, (name) => ({ name, uuid: device })),
    '`topic_id`': field(swifty.NewTopic, (topic_id) => ({ topic_id })),
    '`metadata`': field<object>(
      Metadata,
      (metadata) => metadata,
      (n) => ({ a: long(n - '{"a":""}'.length) }),
    ),
    '`metadata` with all digits of its numbers': field(
      MetadataText,
      (json) => json,
      (n) => `{"a":${'1'.repeat(n - '{"a":}'.length)}}`,
    ),
    'levels of `metadata`': field<object>(
      Metadata,
      (metadata) => metadata,
      (n) => {
        let value: unknown = 1;
        for (let level = 0; level < n; level += 1) value = { a: value };
        return value;
      },
    ),
    '`content`': field(swifty.ToTopic, (content) => ({ ...topicMessage, content })),
    '`subject`, `priority` and every other text field': field(swifty.ToTopic, (subject) => ({
      ...topicMessage,
      subject,
    })),
    '`msgid` of a topic message': field(swifty.ToTopic, (msgid) => ({ ...topicMessage, msgid })),
    'number sent as text': field(
      swifty.ToTopic,
      (timestamp) => ({ ...topicMessage, timestamp }),
      (n) => '1'.repeat(n),
    ),
  },
  mesh: {
    'e-mail address': field(mesh.Credentials, (email) => ({ ...credentials, email }), emailOf),
    password: field(mesh.Credentials, (password) => ({ ...credentials, password })),
    'name of an organization': field(mesh.NewOrganization, (name) => ({ name, subnet: '10.0.0.0/24' })),
    '`agent_id`': field(mesh.Register, (agent_id) => ({ ...reach, agent_id })),
    '`public_ip`, `relay_ip`': field(mesh.Register, (public_ip) => ({ ...reach, public_ip }), hostOf),
  },
  fluent: {
    'user name': field(fluent.NewUser, (username) => ({ ...credentials, username })),
    'e-mail address': field(fluent.NewUser, (email) => ({ ...credentials, email }), emailOf),
    password: field(fluent.NewUser, (password) => ({ ...credentials, password })),
    '`public_key`': field(fluent.NewUser, (public_key) => ({ ...credentials, public_key })),
    '`receiver_encrypted`, `sender_encrypted`': field(fluent.Say, (both) => ({
      ...ciphertexts,
      receiver_encrypted: both,
      sender_encrypted: both,
    })),
    '`messageType`': field(fluent.Say, (messageType) => ({ ...ciphertexts, messageType })),
    'text of a search': field(fluent.Search, (query) => ({ query })),
  },
  conversations: {
    'user name': field(conversations.NewUser, (username) => ({ ...credentials, username })),
    'e-mail address': field(conversations.NewUser, (email) => ({ ...credentials, email }), emailOf),
    '`first_name`, `last_name`': field(conversations.NewUser, (name) => ({
      ...credentials,
      first_name: name,
      last_name: name,
    })),
    password: field(conversations.NewUser, (password) => ({ ...credentials, password })),
    '`title`': field(conversations.NewConversation, (title) => ({ title, participant_ids: [1] })),
    '`participant_ids`': field<number[]>(
      conversations.NewConversation,
      (participant_ids) => ({ title: 't', participant_ids }),
      (n) => Array.from({ length: n }, (_, id) => id + 1),
    ),
    '`content`': field(conversations.Say, (content) => ({ content })),
  },
};

describe.each(Object.entries(fields))('the README of %s', (wire, checks) => {
  const rows = rowsOf(`${wire}/README.md`);
  test.each(Object.entries(checks))('%s', (what, [schema, around, make = long]) => {
    const limit = rows.find(([, label]) => label === what)?.[2];
    const most = numberIn(limit);
    const takes = (n: number): boolean => schema.safeParse(around(make(n) as never)).success;
    expect([takes(most), takes(most + 1)]).toEqual([true, false]);
    const least = /at least (\d+)/.exec(limit ?? '')?.[1];
    if (least !== undefined) expect([takes(Number(least)), takes(Number(least) - 1)]).toEqual([true, false]);
  });
});

test('the numbers of kept messages and of pages are those of the configuration and of the shapes', () => {
  const config = GatewayConfig.parse({});
  const of = (wire: string, what: string) =>
    numberIn(rowsOf(`${wire}/README.md`).find(([, label]) => label === what)?.[2]);
  expect(of('swifty', 'messages kept for a device')).toBe(config.swifty.keptMax);
  expect(of('swifty', 'bytes kept for a device')).toBe(config.swifty.keptBytesMax);
  expect(of('swifty', 'hours in which they are kept')).toBe(config.swifty.keptMs / 3_600_000);
  expect(of('swifty', 'frame')).toBe(swifty.frameCharactersMax);
  expect(of('rooms', '`limit` of `/recent`')).toBe(rooms.RecentQuery.parse({ limit: '999999' }).limit);
  const page = fluent.History.parse({ partnerID: '1', limit: '999999' });
  expect(of('fluent', '`limit` of `/chat/all_messages`')).toBe(page.limit);
});

/** The defaults of the variables that limits.md names. */
const defaults = (): Readonly<Record<string, unknown>> => {
  const config = GatewayConfig.parse({});
  const auth = AuthConfig.parse({ PARLEY_SECRET: 'aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cF' });
  const topics = TopicsConfig.parse({});
  return {
    ...Object.fromEntries(
      Object.entries(gatewayVariables).map(([name, schema]) => [name, (schema as z.ZodType).safeParse(undefined).data]),
    ),
    PARLEY_ACCOUNT_REQUESTS_BURST: config.requests.account.burst,
    PARLEY_ACCOUNT_REQUESTS_PER_SECOND: config.requests.account.perSecond,
    PARLEY_SESSIONS_PER_ACCOUNT: auth.sessionsPerAccount,
    PARLEY_DELETED_NAME_DAYS: auth.deletedNameMs / 86_400_000,
    PARLEY_CHANNELS_PER_ACCOUNT_MAX: topics.channelsPerAccountMax,
    PARLEY_MEMBERS_PER_CHANNEL_MAX: topics.membersPerChannelMax,
  };
};

test('limits.md names each variable of a limit with its default', () => {
  const documented = new Map(
    rowsOf('limits.md').flatMap(([, , limit, , variable]) =>
      variable?.startsWith('`PARLEY_') ? [[variable.replaceAll('`', ''), numberIn(limit)] as const] : [],
    ),
  );
  const known = defaults();
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries([...documented.keys()].map((name) => [name, known[name]])),
  );
  const limiting = Object.keys(gatewayVariables).filter((name) => /_(MAX|BURST|PER_SECOND|PER_A\w+)$/.test(name));
  const ofSwifty = (name: string) => name.startsWith('PARLEY_SWIFTY_');
  expect(limiting.filter((name) => !ofSwifty(name) && !documented.has(name))).toEqual([]);
});
