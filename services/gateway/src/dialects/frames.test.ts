// Compares the socket document with the frames that the dialects really send and accept, made from the closed lists of events, results and
// faults, so that a frame that is not described, or one that is described and never sent, fails here.
import { readdirSync, readFileSync } from 'node:fs';
import { BusEvent } from '@parley/contracts';
import type { DialectName } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { SocketAdapter } from '../protocol/dialect.js';
import type { RequestId } from '../protocol/command.js';
import { mountsOf } from './registry.js';
import type { MessageDescription, SocketDescription } from '../protocol/documents.js';
import {
  uuid,
  at,
  account,
  reader,
  events,
  principalOf,
  sessionOf,
  outcomes,
  faults,
  core,
  notices,
} from '../testing/frame-samples.js';

const open = (wire: SocketAdapter, dialect: DialectName) =>
  wire.open({
    core,
    principal: principalOf(dialect),
    system: { kind: 'system', realm: 'main', service: 'gateway' } as never,
    connectionId: uuid(5) as never,
    expiresAt: at,
    params: { room: '1', conversation: '1' },
  });

const isWhole = (frame: string, { schema, plain }: MessageDescription): boolean => {
  if (plain) return schema.safeParse(frame).success;
  let clientMessages: unknown;
  try {
    clientMessages = JSON.parse(frame);
  } catch {
    return false;
  }
  const read = schema.safeParse(clientMessages);
  // The output omits keys that the schema does not name.
  return read.success && JSON.stringify(keysOf(read.data)) === JSON.stringify(keysOf(clientMessages));
};

const keysOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(keysOf);
  if (typeof value !== 'object' || value === null) return 'value';
  return Object.entries(value)
    .map(([key, each]): [string, unknown] => [key, keysOf(each)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
};

const wires = mountsOf({ dialectRealms: {}, v1Realms: [] });

/** Every frame that the dialect can send. */
const framesOf = async (
  wire: SocketAdapter,
  name: DialectName,
  { clientMessages }: SocketDescription,
): Promise<string[]> => {
  const { greeting, state } = await open(wire, name);
  const connection = sessionOf(name, state);
  // The format of the request id is the dialect's own: `decode` returns it.
  const requestIds: (RequestId | undefined)[] = Object.values(clientMessages).flatMap(({ example }) => {
    try {
      return [wire.decode(JSON.stringify(ownOf(example)), connection).requestId];
    } catch {
      return [];
    }
  });
  const requestId = [null, 1, ...requestIds];
  return [
    ...greeting,
    ...events.flatMap((event) =>
      [account, reader].map((owner) => wire.encodeEvent(event, principalOf(name, owner))?.frame ?? null),
    ),
    ...outcomes.flatMap((result) => requestId.map((each) => wire.encodeResult(result, each, connection))),
    ...faults.flatMap((fault) => requestId.map((each) => wire.encodeFault(fault, each))),
    wire.encodeGoaway({ reconnectAfterMs: 100 }),
    ...notices.map((notice) => wire.encodePresence?.(notice) ?? null),
  ].flatMap((frame) => frame ?? []);
};

/** A swifty example, with this connection's account as sender. */
const ownOf = (example: unknown): unknown =>
  typeof example === 'object' && example !== null && 'from' in example ? { ...example, from: account.handle } : example;

test('every event there is has a sample here', () => {
  const names = BusEvent.options.map((option: z.ZodObject) => (option.shape.name as z.ZodLiteral).value as string);
  expect([...new Set(events.map(({ name }) => name))].sort()).toEqual(names.sort());
});

describe.each(wires.map(({ dialect }) => dialect).filter(({ socket }) => socket))('the socket of $name', (dialect) => {
  const wire = dialect.socket!;
  const description = dialect.documents.socket;
  const { clientMessages, serverMessages } = description;

  test('says no frame that is not described, to the last key', async () => {
    for (const frame of await framesOf(wire, dialect.name, description)) {
      expect(
        Object.entries(serverMessages).filter(([, described]) => isWhole(frame, described)),
        frame,
      ).not.toEqual([]);
    }
  });

  test('says each frame that is described', async () => {
    const frames = await framesOf(wire, dialect.name, description);
    for (const [name, described] of Object.entries(serverMessages)) {
      expect(frames.filter((frame) => isWhole(frame, described)).length, name).toBeGreaterThan(0);
    }
  });

  test('takes each frame that is described, and what it can ask for is described', async () => {
    const { state } = await open(wire, dialect.name);
    const connection = sessionOf(dialect.name, state);
    const asked = Object.entries(clientMessages).map(([name, { example }]) => {
      expect(example, `${name} has no example`).toBeDefined();
      const unauthenticated = name === 'session.authenticate' ? null : connection;
      return wire.decode(JSON.stringify(ownOf(example)), unauthenticated).command.type;
    });
    // A frame of the document reaches each command that this folder's sources name, those of its REST routes left out.
    const folder = new URL(`./${dialect.name}/`, import.meta.url);
    const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    const texts = sources.map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const named = texts
      .filter((text) => !text.includes('protocol/routes.js'))
      .flatMap((text) => [...text.matchAll(/\btype: '(\w+\.[\w.]+)'/g)].map(([, command]) => command ?? ''));
    const reached = new Set([...asked, 'nothing', 'answer']);
    expect([...new Set(named)].filter((command) => !reached.has(command as never))).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });
});
