import type { Auth } from './auth.js';
import type { Chat } from './chat.js';
import type { Contract } from './contract.js';
import type { BusEventName } from './events.js';
import type { Principal } from './principal.js';
import type { Signaling } from './signaling.js';
import type { Scope } from './subjects.js';
import type { Topics } from './topics.js';

type OperationsOf<C extends Contract> = {
  [Noun in keyof C['nouns'] & string]: `${C['service']}.${Noun}.${keyof C['nouns'][Noun] & string}`;
}[keyof C['nouns'] & string];

/** `auth.account.me`: service, noun and verb of one operation. */
export type OperationName = OperationsOf<Auth> | OperationsOf<Topics> | OperationsOf<Chat> | OperationsOf<Signaling>;

type EventRoute<Name extends string> = `${Name}@${Scope['kind']}`;

/** Permissions of one user of the bus; the server refuses everything that is not listed. */
export interface BusUser {
  /** The service whose calls it answers, in the queue group of the same name. */
  readonly serves: string | null;
  /** The operations that it calls on behalf of an account or of an anonymous client. */
  readonly calls: readonly OperationName[];
  /** The operations that it calls in its own name (as a `system` principal). */
  readonly systemCalls: readonly OperationName[];
  /** The events that it owns: name and kind of scope. */
  readonly publishes: readonly EventRoute<BusEventName>[];
  /** The events that it consumes; `*`: all events of that kind of scope. */
  readonly consumes: readonly EventRoute<BusEventName | '*'>[];
  /** Whether its replicas share the events that it consumes, in a queue group of the service's name. */
  readonly sharesEvents: boolean;
}

const user = (permissions: Partial<BusUser>): BusUser => ({
  serves: null,
  calls: [],
  systemCalls: [],
  publishes: [],
  consumes: [],
  sharesEvents: false,
  ...permissions,
});

/** Every user of the bus and its permissions: the source of the NATS configuration of the stack and of compose. */
export const busUsers = {
  auth: user({
    serves: 'auth',
    publishes: ['session.revoked@account', 'account.deleted@account', 'preferences.changed@account'],
  }),
  topics: user({
    serves: 'topics',
    calls: ['auth.account.lookup'],
    systemCalls: ['auth.account.deleted'],
    publishes: [
      'member.added@channel',
      'member.added@account',
      'member.changed@channel',
      'member.changed@account',
      'member.removed@channel',
      'member.removed@account',
      'channel.changed@channel',
    ],
    consumes: ['account.deleted@account'],
    sharesEvents: true,
  }),
  chat: user({
    serves: 'chat',
    calls: ['auth.account.named', 'topics.member.authorize'],
    systemCalls: ['topics.channel.memberCounts', 'topics.member.filterReaders'],
    publishes: [
      'message.created@channel',
      'message.created@account',
      'message.edited@channel',
      'message.edited@account',
      'message.deleted@channel',
      'message.deleted@account',
      'reaction.added@channel',
      'reaction.added@account',
      'reaction.removed@channel',
      'reaction.removed@account',
      'message.pinned@channel',
      'message.pinned@account',
      'message.unpinned@channel',
      'message.unpinned@account',
      'receipt.changed@channel',
      'receipt.changed@account',
    ],
    consumes: ['member.added@channel', 'member.changed@channel', 'member.removed@channel', 'channel.changed@channel'],
  }),
  signaling: user({
    serves: 'signaling',
    calls: ['auth.account.me'],
    systemCalls: ['auth.account.deleted'],
    publishes: ['peer.online@network', 'peer.offline@network'],
    consumes: ['account.deleted@account'],
    sharesEvents: true,
  }),
  gateway: user({
    calls: [
      'auth.account.changePassword',
      'auth.account.delete',
      'auth.account.me',
      'auth.account.register',
      'auth.account.search',
      'auth.account.setName',
      'auth.account.setPreferences',
      'auth.session.end',
      'auth.session.endOthers',
      'auth.session.list',
      'auth.ticket.issue',
      'auth.ticket.redeem',
      'auth.token.refresh',
      'auth.token.signIn',
      'topics.channel.close',
      'topics.channel.create',
      'topics.channel.directs',
      'topics.channel.get',
      'topics.channel.list',
      'topics.channel.openDirect',
      'topics.channel.rename',
      'topics.member.add',
      'topics.member.authorize',
      'topics.member.join',
      'topics.member.leave',
      'topics.member.list',
      'topics.member.remove',
      'topics.member.setRole',
      'chat.channel.entries',
      'chat.channel.summaries',
      'chat.inbox.chats',
      'chat.inbox.entries',
      'chat.inbox.list',
      'chat.message.delete',
      'chat.message.edit',
      'chat.message.get',
      'chat.message.list',
      'chat.message.mentions',
      'chat.message.pin',
      'chat.message.pins',
      'chat.message.react',
      'chat.message.reactions',
      'chat.message.send',
      'chat.message.sendMany',
      'chat.message.thread',
      'chat.message.unpin',
      'chat.message.unreact',
      'chat.message.versions',
      'chat.delivery.acknowledge',
      'chat.delivery.resume',
      'chat.delivery.states',
      'chat.delivery.unacknowledged',
      'chat.delivery.undelivered',
      'chat.receipt.list',
      'chat.receipt.record',
      'chat.receipt.recordThread',
      'signaling.lease.allocate',
      'signaling.lease.list',
      'signaling.lease.release',
      'signaling.organization.create',
      'signaling.organization.delete',
      'signaling.organization.invite',
      'signaling.organization.join',
      'signaling.organization.list',
      'signaling.organization.members',
      'signaling.organization.removeMember',
      'signaling.peer.register',
    ],
    systemCalls: [
      'auth.account.contacts',
      'auth.account.find',
      'auth.account.lookup',
      'auth.account.preferenceChanges',
      'auth.account.rename',
      'auth.account.search',
      'auth.request.claim',
      'auth.request.complete',
      'auth.request.release',
      'auth.token.issue',
      'auth.token.keys',
      'auth.token.revocations',
      'topics.channel.get',
      'topics.channel.list',
      'topics.channel.countNamed',
      'topics.channel.memberCounts',
      'topics.channel.versions',
      'topics.member.filterReaders',
      // Called by chat, which passes on the gateway's principal.
      'topics.member.authorize',
      'topics.member.recentJoins',
      'topics.member.list',
      'chat.channel.entries',
      'chat.channel.heads',
      'chat.inbox.entries',
      'chat.inbox.list',
      'chat.message.list',
      'chat.delivery.advance',
      'chat.receipt.recordMany',
      'signaling.peer.heartbeat',
      'signaling.peer.drop',
      'signaling.peer.listByGateway',
      'signaling.peer.list',
      'signaling.peer.versions',
    ],
    publishes: [
      'typing.started@channel',
      'typing.started@account',
      'session.opened@channel',
      'session.closed@channel',
      'connection.entered@account',
      'presence.changed@account',
    ],
    consumes: [
      'session.revoked@account',
      'preferences.changed@account',
      'presence.changed@account',
      'member.added@channel',
      'member.removed@channel',
      '*@channel',
      '*@account',
      '*@network',
    ],
  }),
  /** The job that writes the sample users, rooms and conversations. */
  'sample-data': user({
    calls: [
      'auth.account.find',
      'auth.account.register',
      'topics.channel.create',
      'topics.channel.list',
      'chat.message.send',
    ],
    systemCalls: ['auth.import.find', 'topics.channel.get', 'chat.channel.heads'],
  }),
  /** The command that moves the data of an old server in (docs/import.md). */
  importer: user({
    systemCalls: [
      'auth.account.lookup',
      'auth.import.accounts',
      'auth.import.begin',
      'auth.import.finish',
      'auth.import.progress',
      'topics.import.begin',
      'topics.import.channels',
      'topics.import.finish',
      'topics.import.members',
      'topics.import.snapshots',
      'chat.import.begin',
      'chat.import.finish',
      'chat.import.messages',
      'chat.import.reactions',
      'chat.import.receipts',
      'chat.import.streams',
      'signaling.import.begin',
      'signaling.import.finish',
      'signaling.import.leases',
      'signaling.import.members',
      'signaling.import.organizations',
    ],
  }),
} as const satisfies Record<string, BusUser>;
export type BusUserName = keyof typeof busUsers;
export const busUserNames = Object.keys(busUsers) as BusUserName[];

const served = new Set(Object.values<BusUser>(busUsers).map(({ serves }) => serves));
const bySystem = new Map<string, Set<string>>();
for (const [name, { systemCalls }] of Object.entries<BusUser>(busUsers))
  for (const operation of systemCalls) bySystem.set(operation, (bySystem.get(operation) ?? new Set()).add(name));

/**
 * Whether a service accepts this principal for this operation. A `system` principal names its service, and is accepted only for the
 * operations that this service calls in its own name. Contracts that no user of the bus serves (those of tests) have no such rule.
 */
export const acceptsPrincipal = (operation: string, principal: Principal): boolean =>
  principal.kind !== 'system' ||
  !served.has(operation.split('.', 1)[0] ?? '') ||
  (bySystem.get(operation)?.has(principal.service) ?? false);
