// Compares the socket document with the frames that the dialects really send and accept, made from the closed lists of events, results and
// faults, so that a frame that is not described, or one that is described and never sent, fails here.
import { readdirSync, readFileSync } from 'node:fs';
import { BusEvent, Fault } from '@parley/contracts';
import type { AccountPrincipal, DialectName, BusEvent as AnyEvent, FaultCode } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Core } from '../core.js';
import type { ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import type { RequestId, Result } from '../protocol/command.js';
import { unchanged } from '../testing/unchanged.js';
import type { PresenceNotice } from '../protocol/presence-command.js';
import { mountsOf } from './registry.js';
import type { MessageDescription, SocketDescription } from '../protocol/documents.js';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const at = '2024-01-01T12:00:00.500Z';
const account = { id: uuid(1), number: 1, handle: uuid(101), name: 'alice' };
const reader = { id: uuid(2), number: 2, handle: uuid(102), name: 'bob' };
const channelOf = (kind: string) => ({
  id: uuid(3),
  number: 1,
  kind,
  slug: kind === 'topic' || kind === 'room' ? 'my-topic' : null,
  title: 'General',
  membershipVersion: 1,
});
const wholeChannel = {
  ...channelOf('room'),
  realm: 'main',
  metadata: {},
  metadataText: null,
  createdBy: uuid(1),
  createdAt: at,
  closedAt: null,
};
const member = { channelId: uuid(3), accountId: uuid(2), role: 'member', joinedAt: at };
const messageOf = (content: object, raw: string | null = null) => ({
  id: uuid(4),
  number: 123,
  channelId: uuid(3),
  sequence: 7,
  sender: account,
  clientId: 'c',
  content,
  raw,
  sentAt: at,
  ...unchanged,
});
const change = {
  sequence: 8,
  channelId: uuid(3),
  messageId: uuid(4),
  messageNumber: 123,
  messageSequence: 7,
  actor: account,
  clientId: 'd',
  at,
};
const thread = { rootId: uuid(4), replyCount: 1, lastReplyAt: at };
const text = { type: 'text', text: 'Message content' };
const sealed = { type: 'encrypted', mediaType: 'text', byReader: { [uuid(1)]: 'q8Zt', [uuid(2)]: 'x2k0' } };
const peer = {
  connectionId: uuid(5),
  networkId: uuid(6),
  organizationId: uuid(7),
  account,
  email: 'user1@example.com',
  label: 'peer-device-001',
  agentId: null,
  address: '10.0.0.5',
  publicAddress: '203.0.113.1',
  publicPort: 50_000,
  relayAddress: null,
  relayPort: null,
};
const origin = { connectionId: uuid(5) };
const common = { account, channel: channelOf('room'), at, connectionId: uuid(5) };
const inbox = (of: { id: string }) => ({ accountId: of.id, sequence: 5 });
const created = (kind: string, message: object, to: object | null = null) => ({
  name: 'message.created',
  channel: channelOf(kind),
  message,
  inbox: to,
  origin,
});

/** One change of each kind. */
const changes = [
  { kind: 'message.edited', ...change, content: { type: 'text', text: 'Other content' }, mentions: unchanged.mentions },
  { kind: 'message.deleted', ...change, thread },
  ...['added', 'removed'].map((what) => ({ kind: `reaction.${what}`, ...change, emoji: '👍', count: 1 })),
  ...['pinned', 'unpinned'].map((what) => ({ kind: `message.${what}`, ...change })),
];

/** One event of each kind, and one message of each kind. */
const events: AnyEvent[] = [
  ...['room', 'group', 'topic'].map((kind) => created(kind, messageOf(text))),
  ...[account, reader].flatMap((to) => [
    created('direct', messageOf(text), inbox(to)),
    created('direct', messageOf(sealed, '{"receiverID":2}'), inbox(to)),
  ]),
  ...changes.map((entry) => ({ name: entry.kind, channel: channelOf('room'), entry, inbox: null, origin })),
  ...changes.map((entry) => ({ name: entry.kind, channel: channelOf('direct'), entry, inbox: inbox(account), origin })),
  { name: 'receipt.changed', channel: channelOf('room'), accountId: uuid(1), read: 5, delivered: 7 },
  { name: 'presence.changed', accountId: uuid(1), state: 'offline', lastSeenAt: at, version: 1 },
  {
    name: 'preferences.changed',
    accountId: uuid(1),
    preferences: { sharesReceipts: true, invisible: false },
    version: 1,
  },
  { name: 'typing.started', ...common, origin },
  { name: 'member.added', channel: channelOf('room'), member },
  { name: 'member.changed', channel: channelOf('room'), member },
  { name: 'member.removed', channel: channelOf('room'), accountId: uuid(2) },
  { name: 'channel.changed', channel: wholeChannel },
  { name: 'session.revoked', accountId: uuid(1), sessionId: uuid(8), why: 'revoked' },
  { name: 'account.deleted', accountId: uuid(1) },
  { name: 'session.opened', ...common },
  { name: 'session.closed', ...common },
  { name: 'connection.entered', accountId: uuid(1), connectionId: uuid(5), since: 1 },
  { name: 'peer.online', networkId: uuid(6), version: 1, peer },
  { name: 'peer.offline', networkId: uuid(6), version: 2, peer, why: 'closed' },
].map((event) => BusEvent.parse({ realm: 'main', ...event }));

const principalOf = (dialect: DialectName, who = account): AccountPrincipal =>
  ({ kind: 'account', realm: 'main', dialect, accountId: who.id, ...who, sessionId: uuid(8) }) as never;
const sessionOf = (dialect: DialectName, state: unknown): ConnectionView =>
  ({ id: uuid(5), realm: 'main', principal: principalOf(dialect), state, attached: new Map() }) as never;

const head = { outcome: 'replayed', count: 0, head: 7 } as const;
const gone = { outcome: 'reset', head: 7, floor: 3 } as const;
const refused = { outcome: 'refused', fault: new Fault('forbidden', 'not_member', 'x') } as const;
const channel = channelOf('room');
const sent = { type: 'message.send', message: messageOf(text), channel, inboxSequence: 5, repeated: false };
const seen = { accountId: uuid(1), state: 'offline', lastSeenAt: at };
const changed = { type: 'message.edit', channel, inboxSequence: null, repeated: false };
const outcomes = [
  ...changes.map((entry) => ({ ...changed, entry })),
  { ...changed, entry: { kind: 'message.created', sequence: 7, message: messageOf(text), thread }, inboxSequence: 5 },
  { type: 'session.authenticate', principal: principalOf('v1'), expiresAt: at },
  { type: 'token.renew', expiresAt: at },
  { ...sent, reached: 0 },
  { ...sent, reached: 2, inboxSequence: null },
  { type: 'typing.start' },
  ...[head, gone, refused].map((resumed) => ({ type: 'channel.attach', channel, resumed })),
  { type: 'channel.detach' },
  {
    type: 'session.resume',
    inbox: head,
    channels: new Map([head, gone, refused].map((one, n) => [uuid(20 + n), one])),
  },
  { type: 'receipt.record', read: 7, delivered: 8 },
  { type: 'presence.set', state: 'away' },
  { type: 'presence.unsubscribe' },
  { type: 'presence.subscribe', snapshot: () => ({ accounts: [seen], counts: null }) },
  { type: 'peer.register', peer, others: [peer] },
] as unknown as Result[];

const codes: readonly FaultCode[] = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'exhausted',
  'rate_limited',
  'unavailable',
  'internal',
];
const faults = [
  ...codes.map((code) => new Fault(code, 'whatever', 'x', { retryAfterMs: 1_000 })),
  ...['no_token', 'invalid_token', 'token_expired'].map((reason) => new Fault('unauthenticated', reason, 'x')),
  new Fault('not_found', 'channel_not_found', 'x'),
  new Fault('not_found', 'account_not_found', 'x'),
];

/** Every call that a dialect makes while it opens a connection returns a room, with nothing in it. */
const core = {
  topics: {
    channel: { get: () => Promise.resolve(wholeChannel), list: () => Promise.resolve({ channels: [], next: null }) },
    member: { authorize: () => Promise.resolve({ channel: wholeChannel, role: 'member', audience: [] }) },
  },
  chat: {
    channel: { summaries: () => Promise.resolve([]) },
    delivery: { resume: () => Promise.resolve({ after: 0, unacknowledged: [] }) },
  },
} as unknown as Core;

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

const notices = [
  { type: 'presence.changed', ...seen },
  { type: 'presence.counted', channelId: uuid(3), members: 101, online: 2, away: 1 },
] as unknown as PresenceNotice[];

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
