import { BusEvent, Fault } from '@parley/contracts';
import type { AccountPrincipal, DialectName, BusEvent as AnyEvent, FaultCode } from '@parley/contracts';
import type { Core } from '../core.js';
import type { ConnectionView } from '../protocol/dialect.js';
import type { Result } from '../protocol/command.js';
import { unchanged } from './unchanged.js';
import type { PresenceNotice } from '../protocol/presence-command.js';

export const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const at = '2024-01-01T12:00:00.500Z';
export const account = { id: uuid(1), number: 1, handle: uuid(101), name: 'alice' };
export const reader = { id: uuid(2), number: 2, handle: uuid(102), name: 'bob' };
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
export const events: AnyEvent[] = [
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

export const principalOf = (dialect: DialectName, who = account): AccountPrincipal =>
  ({ kind: 'account', realm: 'main', dialect, accountId: who.id, ...who, sessionId: uuid(8) }) as never;
export const sessionOf = (dialect: DialectName, state: unknown): ConnectionView =>
  ({ id: uuid(5), realm: 'main', principal: principalOf(dialect), state, attached: new Map() }) as never;

const head = { outcome: 'replayed', count: 0, head: 7 } as const;
const gone = { outcome: 'reset', head: 7, floor: 3 } as const;
const refused = { outcome: 'refused', fault: new Fault('forbidden', 'not_member', 'x') } as const;
const channel = channelOf('room');
const sent = { type: 'message.send', message: messageOf(text), channel, inboxSequence: 5, repeated: false };
const seen = { accountId: uuid(1), state: 'offline', lastSeenAt: at };
const changed = { type: 'message.edit', channel, inboxSequence: null, repeated: false };
export const outcomes = [
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
export const faults = [
  ...codes.map((code) => new Fault(code, 'whatever', 'x', { retryAfterMs: 1_000 })),
  ...['no_token', 'invalid_token', 'token_expired'].map((reason) => new Fault('unauthenticated', reason, 'x')),
  new Fault('not_found', 'channel_not_found', 'x'),
  new Fault('not_found', 'account_not_found', 'x'),
];

/** Every call that a dialect makes while it opens a connection returns a room, with nothing in it. */
export const core = {
  topics: {
    channel: { get: () => Promise.resolve(wholeChannel), list: () => Promise.resolve({ channels: [], next: null }) },
    member: { authorize: () => Promise.resolve({ channel: wholeChannel, role: 'member', audience: [] }) },
  },
  chat: {
    channel: { summaries: () => Promise.resolve([]) },
    delivery: { resume: () => Promise.resolve({ after: 0, unacknowledged: [] }) },
  },
} as unknown as Core;

export const notices = [
  { type: 'presence.changed', ...seen },
  { type: 'presence.counted', channelId: uuid(3), members: 101, online: 2, away: 1 },
] as unknown as PresenceNotice[];
