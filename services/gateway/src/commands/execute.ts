import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, asFault, isFault, deadlineIn } from '@parley/contracts';
import type { BusEvent, ChannelId, ChannelSnapshot, Scope } from '@parley/contracts';
import type { Bus } from '@parley/bus';
import pMap from 'p-map';
import type { Core } from '../core.js';
import type { Principals } from '../authentication/principal.js';
import type { InboxSubscription } from '../inbox/inbox-subscription.js';
import { noInbox } from '../inbox/inbox-subscription.js';
import type { PeerConnection, Peers } from '../peers/peers.js';
import type { Command, RequestId, Result, Resumed } from '../protocol/command.js';
import { channelScope, summaryOf } from '../protocol/scopes.js';
import type { Attachments } from '../streams/attachments.js';
import type { StreamMember } from '../streams/member.js';
import type { Timings } from '../timing/timings.js';
import type { Resolved, TargetResolver } from './target-resolver.js';

/** Commands that need a service; the frame handler handles the others. */
export type ConnectionCommand = Exclude<Command, { type: 'answer' | 'nothing' | 'inbox.acknowledge' }>;

/** A connection, as its commands see it. */
export interface CommandConnection extends Omit<StreamMember, 'own'>, Omit<PeerConnection, 'own'> {
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: CommandConnection): void }): void;
  readonly inbox: InboxSubscription | null;
  /** A client id for a message whose client gave none, so that the gateway may repeat the call. */
  nextClientId(): string;
  /** The client presented another access token of its session: the connection stays open until that expires. */
  renew(expiresInMs: number): void;
}

export interface Caller {
  readonly connection: CommandConnection;
  readonly requestId: RequestId | undefined;
  /** Monotonic milliseconds. */
  readonly receivedAt: number;
}

export interface ExecuteDeps {
  readonly core: Core;
  readonly bus: Bus;
  readonly principals: Pick<Principals, 'authenticate' | 'now'>;
  readonly attachments: Attachments;
  readonly peers: Peers;
  readonly targets: TargetResolver;
  readonly timings: Pick<Timings, 'callMs' | 'sendMs' | 'typingMs'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Runs a command. null: there is no result to send. Throws a Fault that the dialect encodes. */
export type Execute = (command: ConnectionCommand, caller: Caller) => Promise<Result | null>;

type Send = Extract<Command, { type: 'message.send' }>;
type Direct = Extract<Command, { type: 'message.direct' }>;
type Resume = Extract<Command, { type: 'session.resume' }>;

const pauseMinMs = 100;
const pauseMaxMs = 1_000;
const typedMax = 64;
const sideBySideMax = 8;
/** The answer may be lost although the message was stored: with the same client id, repeating the call is safe. */
const repeatedFor = new Set(['deadline_exceeded', 'bus_down', 'no_responders']);

/** Maps each command to its calls, in a single switch. */
export const createExecute = (deps: ExecuteDeps): Execute => {
  const { attachments, core, timings } = deps;
  const typing = createTyping(deps);
  return async (command, { connection, requestId, receivedAt }) => {
    switch (command.type) {
      case 'message.send':
        return sendMessage(deps, connection, command, receivedAt + timings.sendMs);
      case 'message.direct':
        return sendMessage(deps, connection, await addressed(deps, connection, command), receivedAt + timings.sendMs);
      case 'typing.start':
        await typing(connection, command.channelId);
        return { type: 'typing.start' };
      case 'channel.attach':
        return attachments.attach(connection, command.channelId, command.after);
      case 'channel.detach':
        attachments.detach(connection, command.channelId);
        return { type: 'channel.detach' };
      case 'session.resume':
        return resume(deps, connection, command);
      case 'receipt.record': {
        const { channelId, sequence } = command;
        const options = { principal: connection.principal, deadline: deadlineIn(timings.callMs) };
        const recorded = await core.chat.receipt.record({ channelId, sequence }, options);
        return { type: 'receipt.record', sequence: recorded.sequence };
      }
      case 'peer.register':
        await deps.peers.register(connection, command, requestId);
        return null;
      case 'token.renew':
        return renewToken(deps, connection, command.accessToken);
      case 'session.authenticate':
        throw new Fault('conflict', 'already_authenticated', 'This connection is signed in already');
    }
  };
};

/** The inbox first, then the channels, several at once. A channel that cannot be attached does not stop the others. */
const resume = async (
  { attachments }: ExecuteDeps,
  connection: CommandConnection,
  { inbox, channels }: Resume,
): Promise<Result> => {
  const ownInbox = inbox === undefined ? null : await refusing(resumeInbox(connection, inbox));
  const resumed = new Map<ChannelId, Resumed>();
  const resumeOne = async ([channelId, after]: readonly [ChannelId, number]): Promise<void> => {
    const attached = attachments.attach(connection, channelId, after);
    resumed.set(channelId, await refusing(attached.then((one) => one.resumed)));
  };
  await pMap(channels, resumeOne, { concurrency: sideBySideMax });
  return { type: 'session.resume', inbox: ownInbox, channels: resumed };
};

const resumeInbox = async ({ inbox }: CommandConnection, after: number): Promise<Resumed> => {
  if (!inbox) throw noInbox();
  return inbox.resume(after);
};

const refusing = (resumed: Promise<Resumed>): Promise<Resumed> =>
  resumed.catch((error: unknown) => ({ outcome: 'refused', fault: asFault(error) }));

/** Resolves the recipient, which the dialect names in its own way, and then the content, which depends on the recipient. */
const addressed = async (
  { targets }: ExecuteDeps,
  connection: CommandConnection,
  { to, clientId, contentFor, raw }: Direct,
): Promise<Send> => {
  const directWith = await targets.accountOf(connection, to);
  const content = contentFor(directWith);
  return { type: 'message.send', target: { directWith }, clientId, content, ...(raw !== undefined && { raw }) };
};

/** Repeats a send whose answer was lost, with the same client id, until its deadline. */
const sendMessage = async (
  { core, targets }: ExecuteDeps,
  connection: CommandConnection,
  command: Send,
  deadline: number,
): Promise<Result> => {
  const { principal } = connection;
  const { content, raw, reference } = command;
  const resolved = await targets.resolve(connection, command.target);
  const { target } = resolved;
  await refuseAbsent(targets, connection, command, resolved);
  const clientId = command.clientId ?? connection.nextClientId();
  const input = {
    target,
    content,
    clientId,
    origin: { connectionId: connection.id },
    ...(raw !== undefined && { raw }),
    ...(reference !== undefined && { reference }),
  };
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    try {
      const sent = await core.chat.message.send(input, { principal, deadline });
      const { message, channel, inbox, repeated } = sent;
      const place = inbox.find(({ accountId }) => accountId === principal.accountId);
      const reached = command.reach && (await reachOf(targets, connection, resolved, channel));
      const said = {
        type: 'message.send' as const,
        message,
        channel,
        inboxSequence: place?.sequence ?? null,
        repeated,
      };
      return reached === undefined ? said : { ...said, reached };
    } catch (error) {
      if (!isFault(error) || error.code !== 'unavailable' || !repeatedFor.has(error.reason)) throw error;
      if (deadlineIn(pauseMs) >= deadline || !connection.isLive) throw notKept(error);
      await sleep(pauseMs);
    }
  }
};

const refuseAbsent = async (
  targets: TargetResolver,
  { realm }: CommandConnection,
  { reach }: Send,
  { target, isHere }: Resolved,
): Promise<void> => {
  if (reach !== 'or_refuse' || isHere || !('directWith' in target)) return;
  if (await targets.isHere(realm, target.directWith)) return;
  throw new Fault('not_found', 'recipient_absent', 'The recipient is not connected');
};

const reachOf = async (
  targets: TargetResolver,
  { realm, principal }: CommandConnection,
  { target, isHere }: Resolved,
  channel: ChannelSnapshot,
): Promise<number> =>
  'directWith' in target
    ? Number(isHere ?? (await targets.isHere(realm, target.directWith)))
    : targets.count(realm, channel, principal.accountId);

const notKept = (fault: Fault): Fault =>
  new Fault('unavailable', fault.reason, 'The message could not be kept; send it again', {
    retryAfterMs: fault.retryAfterMs ?? 1_000,
  });

/** Publishes that an account is typing, at most once in `typingMs` for each channel of a connection. */
const createTyping = ({ bus, core, timings, clock }: ExecuteDeps) => {
  const typedAt = new WeakMap<CommandConnection, Map<ChannelId, number>>();

  const audienceOf = async (
    { attached, principal }: CommandConnection,
    channelId: ChannelId,
  ): Promise<{ channel: ChannelSnapshot; audience: readonly Scope[] }> => {
    const known = attached.get(channelId);
    if (known) return { channel: known, audience: [channelScope(channelId)] };
    const options = { principal, deadline: deadlineIn(timings.callMs) };
    const { channel, audience } = await core.topics.member.authorize({ target: { channelId }, to: 'write' }, options);
    const { id, number, kind, slug, title, membershipVersion } = channel;
    return { channel: { id, number, kind, slug, title, membershipVersion }, audience: audience };
  };

  return async (connection: CommandConnection, channelId: ChannelId): Promise<void> => {
    const now = clock();
    const typed = typedAt.get(connection) ?? new Map<ChannelId, number>();
    typedAt.set(connection, typed);
    if (now - (typed.get(channelId) ?? -Infinity) < timings.typingMs) return;
    if (typed.size >= typedMax) typed.clear();
    typed.set(channelId, now);
    const { channel, audience } = await audienceOf(connection, channelId);
    const { realm, principal, id: connectionId } = connection;
    const at = new Date().toISOString();
    const account = summaryOf(principal);
    const event: BusEvent = { name: 'typing.started', realm, channel, account, origin: { connectionId }, at };
    bus.publish(event, audience);
  };
};

/** Only a token of the same session may extend a connection. */
const renewToken = async (
  { principals }: ExecuteDeps,
  connection: CommandConnection,
  token: string,
): Promise<Result> => {
  const { dialect, accountId, sessionId } = connection.principal;
  const expected = { dialect, realms: [connection.realm] };
  const proof = await principals.authenticate({ kind: 'token', token }, expected);
  if (proof.principal.accountId !== accountId || proof.principal.sessionId !== sessionId) {
    throw new Fault('unauthenticated', 'invalid_token', 'The access token is not of this session');
  }
  connection.renew(proof.expiresAt - principals.now());
  return { type: 'token.renew', expiresAt: new Date(proof.expiresAt).toISOString() };
};
