// No string from a client may block the process: this test walks all schemas, and measures every schema that accepts text with strings that
// make regular expressions backtrack.
import * as contracts from '@parley/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ConnectionView } from '../protocol/dialect.js';
import * as conversationsShapes from './conversations/shapes.js';
import * as fluentShapes from './fluent/shapes.js';
import * as meshShapes from './mesh/shapes.js';
import * as roomsShapes from './rooms/shapes.js';
import * as swiftyShapes from './swifty/shapes.js';
import * as v1Shapes from './v1/shapes.js';
import { allMounts, routeDepsOf } from '../testing/route-deps.js';

const characters = 64 * 1024;
const filled = (unit: string, end = '', start = ''): string =>
  start + unit.repeat(Math.ceil((characters - start.length - end.length) / unit.length)) + end;

const hostile: Readonly<Record<string, string>> = {
  digits: filled('1', 'x'),
  'digits and dots': filled('1.', 'x'),
  signs: filled('+', 'x'),
  spaces: filled(' ', 'x'),
  'a number between spaces': filled(' ', 'x', ' 1'),
  letters: filled('a', '!'),
  'letters and dots': filled('a.', '!'),
  'an address': filled('a', '', 'a@'),
  'an address of many labels': filled('a.', '!', 'a@'),
  'a local part': filled('a', '@'),
  hyphens: filled('-', 'x'),
  'hex digits and colons': filled('f:', 'g'),
  colons: filled(':', 'g'),
  exponents: filled('1e1', 'x'),
  'a fraction of a second': filled('0', 'x', '2024-01-01T00:00:00.'),
  combining: filled('e\u0301', '!'),
  'halves of surrogate pairs': filled('\ud800', 'x'),
  braces: filled('{', '}'),
  uuids: filled('urn:uuid:', 'x'),
  truth: filled('true', 'x'),
  'line breaks': filled('\n', 'x'),
};

/** Far below the time of backtracking at this length (seconds), far above that of a linear scan (a millisecond or two). */
const withinMs = 300;

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType;

/** Every schema within a schema, with its path. */
const walk = function* (at: string, value: unknown, seen: Set<unknown>): Generator<[string, z.ZodType]> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isSchema(value)) {
    yield [at, value];
    yield* walk(at, value._zod.def, seen);
    // Lazy: created on access.
    if (value instanceof z.ZodLazy) yield* walk(at, value.unwrap(), seen);
    return;
  }
  for (const [key, part] of Object.entries(value)) {
    if (!['checks', 'error', 'when'].includes(key)) yield* walk(`${at}.${key}`, part, seen);
  }
};

const roots = (): Record<string, unknown> => ({
  contracts: { ...contracts },
  documents: allMounts.map(({ dialect }) => dialect.documents),
  shapes: { conversationsShapes, fluentShapes, meshShapes, roomsShapes, swiftyShapes, v1Shapes },
  rest: Object.fromEntries(
    allMounts.map((wire) => [
      wire.dialect.name,
      wire.dialect
        .routes(routeDepsOf(wire))
        .map(({ params, query, body, responses }) => ({ params, query, body, responses })),
    ]),
  ),
});

/** CPU time, which other processes on a busy machine do not lengthen. */
const tookMs = (work: () => unknown): number => {
  const startedAt = process.cpuUsage();
  try {
    work();
  } catch {
    // Only the time until the refusal counts.
  }
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) / 1_000;
};

/** Measures slow results again: compiling and collecting garbage take time once, backtracking every time. */
const isSlow = (work: () => unknown): boolean => [1, 2, 3].every(() => tookMs(work) > withinMs);

test('no schema needs long for any string of 64 KB, as a value or as a key', () => {
  const schemas = [...walk('', roots(), new Set())];
  expect(schemas.filter(([, schema]) => schema instanceof z.ZodString).length).toBeGreaterThan(100);
  const slow = schemas.flatMap(([at, schema]) =>
    Object.entries(hostile)
      .filter(([, text]) => {
        const value = schema instanceof z.ZodRecord ? { [text]: text } : text;
        return isSlow(() => schema.safeParse(value));
      })
      .map(([name]) => `${at}: ${name}`),
  );
  expect(slow).toEqual([]);
});

test('no pattern without a fixed length sees a string that has no bound', () => {
  const unbounded = [...walk('', roots(), new Set())].filter(([, schema]) => {
    if (!(schema instanceof z.ZodString)) return false;
    // Of the formats that zod knows, only those of a fixed length need no bound of their own.
    if (schema.format !== null && ['uuid', 'guid', 'ipv4', 'datetime'].includes(schema.format)) return false;
    const checks = (schema._zod.def.checks ?? []).map((check) => check._zod.def as { check: string; abort?: boolean });
    const pattern = checks.findIndex(({ check }) => check === 'string_format');
    const bound = checks.findIndex(({ check, abort }) => check === 'max_length' && abort === true);
    return pattern >= 0 && (bound < 0 || bound > pattern);
  });
  expect(unbounded.map(([at]) => at)).toEqual([]);
});

const uuid = '00000000-0000-4000-8000-000000000001';
const connection = {
  id: uuid,
  realm: 'main',
  principal: { accountId: uuid, handle: uuid, number: 1 },
  state: { room: { id: uuid }, conversation: { id: uuid } },
  attached: new Map(),
} as unknown as ConnectionView;
const swiftyDirect = {
  ...{ to: uuid, from: uuid, timestamp: 1, priority: '', subject: '', msgid: uuid, acknowledge: true, content: '' },
  ...{ action: '', event: '', status: '', conversation_id: '', msgno: 1 },
};
const v1Frame = (method: string, params: object) => ({ jsonrpc: '2.0', id: 1, method, params });
/** One frame of each kind that a client may send, with all its fields. */
const frames: Readonly<Record<string, readonly object[]>> = {
  swifty: [swiftyDirect, { ...swiftyDirect, to: undefined, topic_id: 'x' }, { type: 'ack', msgid: uuid }],
  rooms: [{ type: 'message', content: 'x' }, { type: 'typing' }],
  conversations: [{ content: 'x' }],
  fluent: [{ receiverID: 1, receiver_encrypted: 'x', sender_encrypted: 'x', messageType: 'text' }],
  mesh: [
    {
      ...{ type: 'register', agent_id: 'a', public_ip: '203.0.113.1', public_port: 1 },
      ...{ relay_ip: '203.0.113.1', relay_port: 1 },
    },
  ],
  v1: [
    v1Frame('message.send', { channelId: uuid, clientId: 'x', content: { type: 'text', text: 'x' } }),
    v1Frame('message.send', { directWith: uuid, clientId: 'x', content: { type: 'text', text: 'x' } }),
    v1Frame('session.resume', { channels: { [uuid]: 1 } }),
    v1Frame('session.refresh', { accessToken: 'x' }),
    v1Frame('channel.attach', { channelId: uuid, after: 1 }),
    v1Frame('receipt.record', { channelId: uuid, sequence: 1 }),
  ],
};

/** The frame once for each of its places, with the string in that place. */
const withEach = function* (value: unknown, text: string): Generator {
  yield text;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const changed of withEach(part, text)) yield { ...value, [key]: changed };
  }
};

test.each(allMounts)('no frame of $dialect.name needs long to be decoded', ({ dialect }) => {
  const own = frames[dialect.name] ?? [];
  expect(own.length).toBeGreaterThan(0);
  const slow = own.flatMap((frame) =>
    Object.entries(hostile).flatMap(([name, text]) =>
      [...withEach(frame, text)]
        .map((changed) => JSON.stringify(changed))
        .filter((changed) => isSlow(() => dialect.socket?.decode(changed, connection)))
        .map((changed) => `${name}: ${changed.slice(0, 80)}`),
    ),
  );
  expect(slow).toEqual([]);
});
