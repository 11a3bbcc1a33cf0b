import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, isFault, deadlineIn } from '@parley/contracts';
import type { ChannelSnapshot, Scope } from '@parley/contracts';
import type { Command, Result } from '../protocol/dialect.js';
import { channelScope, endOf, summaryOf } from '../connections/ground.js';
import type { Resolved } from './target-resolver.js';
import type { Connection } from '../connections/connection.js';
import type { QueuedCommand } from '../connections/command-queue.js';

/** What needs somebody else; the rest of the intents is answered where the frame comes in. */
export type ConnectionCommand = Exclude<Command, { type: 'answer' | 'nothing' | 'inbox.acknowledge' }>;

type Send = Extract<Command, { type: 'message.send' }>;
type Direct = Extract<Command, { type: 'message.direct' }>;

const pauseMinMs = 100;
const pauseMaxMs = 1_000;
const typedMax = 64;
/** The answer may be lost and the message kept: the same client id makes asking again safe. */
const repeatedFor = new Set(['deadline_exceeded', 'bus_down', 'no_responders']);

/** Intent → call: the single switch. null: nothing is answered. */
export const execute = async (
  connection: Connection,
  { command, requestId, receivedAt }: QueuedCommand,
): Promise<Result | null> => {
  const { attachments, core } = connection.ground;
  switch (command.type) {
    case 'message.send':
      return sendMessage(connection, command, receivedAt + connection.ground.timings.sendMs);
    case 'message.direct':
      return sendMessage(
        connection,
        await addressed(connection, command),
        receivedAt + connection.ground.timings.sendMs,
      );
    case 'typing.start':
      await startTyping(connection, command.channelId);
      return { type: 'typing.start' };
    case 'channel.attach':
      return attachments.attach(connection, command.channelId, command.after);
    case 'channel.detach':
      attachments.detach(connection, command.channelId);
      return { type: 'channel.detach' };
    case 'session.resume':
      return attachments.resume(connection, command);
    case 'receipt.record': {
      const { channelId, sequence } = command;
      const recorded = await core.chat.receipt.record({ channelId, sequence }, callOf(connection));
      return { type: 'receipt.record', sequence: recorded.sequence };
    }
    case 'peer.register':
      await connection.ground.peers.register(connection, command, requestId);
      return null;
    case 'token.renew':
      return renewToken(connection, command.accessToken);
    case 'session.authenticate':
      throw new Fault('conflict', 'already_authenticated', 'This connection is signed in already');
  }
};

const callOf = ({ principal, ground }: Connection) => ({ principal, deadline: deadlineIn(ground.timings.callMs) });

/** Finds out whom a wire means by its own name, and so what is said to it. */
const addressed = async (connection: Connection, { to, clientId, contentFor, raw }: Direct): Promise<Send> => {
  const directWith = await connection.ground.targets.accountOf(connection, to);
  const content = contentFor(directWith);
  return { type: 'message.send', target: { directWith }, clientId, content, ...(raw !== undefined && { raw }) };
};

/** Repeats a send whose answer was lost, with the same client id, until its time is up. */
const sendMessage = async (connection: Connection, command: Send, deadline: number): Promise<Result> => {
  const { principal, ground } = connection;
  connection.sent += 1;
  const { content, raw } = command;
  const resolved = await ground.targets.resolve(connection, command.target);
  const { target } = resolved;
  await refuseAbsent(connection, command, resolved);
  const clientId = command.clientId ?? `${connection.id}:${connection.sent}`;
  const input = {
    target,
    content,
    clientId,
    origin: { connectionId: connection.id },
    ...(raw !== undefined && { raw }),
  };
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    try {
      const sent = await ground.core.chat.message.send(input, { principal, deadline });
      const { message, channel, inbox, repeated } = sent;
      const place = inbox.find(({ accountId }) => accountId === principal.accountId);
      const reached = command.reach && (await reachOf(connection, resolved, channel));
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

const refuseAbsent = async (connection: Connection, { reach }: Send, { target, isHere }: Resolved): Promise<void> => {
  if (reach !== 'or_refuse' || isHere || !('directWith' in target)) return;
  if (await connection.ground.targets.isHere(connection.realm, target.directWith)) return;
  throw new Fault('not_found', 'recipient_absent', 'The recipient is not connected');
};

const reachOf = async (
  { realm, principal, ground }: Connection,
  { target, isHere }: Resolved,
  channel: ChannelSnapshot,
): Promise<number> =>
  'directWith' in target
    ? Number(isHere ?? (await ground.targets.isHere(realm, target.directWith)))
    : ground.targets.count(realm, channel, principal.accountId);

const notKept = (fault: Fault): Fault =>
  new Fault('unavailable', fault.reason, 'The message could not be kept; send it again', {
    retryAfterMs: fault.retryAfterMs ?? 1_000,
  });

const startTyping = async (connection: Connection, channelId: ChannelSnapshot['id']): Promise<void> => {
  const { ground } = connection;
  const now = ground.clock();
  const typedAt = (connection.typedAt ??= new Map());
  if (now - (typedAt.get(channelId) ?? -Infinity) < ground.timings.typingMs) return;
  if (typedAt.size >= typedMax) typedAt.clear();
  typedAt.set(channelId, now);
  const { channel, roads } = await typingRoads(connection, channelId);
  const at = new Date().toISOString();
  const { realm, principal, id: connectionId } = connection;
  const event = { name: 'typing.started', realm, channel, account: summaryOf(principal), origin: { connectionId }, at };
  ground.bus.publish(event, roads);
};

const typingRoads = async (
  connection: Connection,
  channelId: ChannelSnapshot['id'],
): Promise<{ channel: ChannelSnapshot; roads: readonly Scope[] }> => {
  const attached = connection.attached.get(channelId);
  if (attached) return { channel: attached, roads: [channelScope(channelId)] };
  const { authorize } = connection.ground.core.topics.member;
  const { channel, roads } = await authorize({ target: { channelId }, to: 'write' }, callOf(connection));
  const { id, number, kind, slug, title, membershipVersion } = channel;
  return { channel: { id, number, kind, slug, title, membershipVersion }, roads };
};

/** Only the same sign-in may prolong a connection. */
const renewToken = async (connection: Connection, token: string): Promise<Result> => {
  const { dialect, accountId, sessionId } = connection.principal;
  const expected = { dialect, realms: [connection.realm] };
  const proof = await connection.ground.principals.authenticate({ kind: 'token', token }, expected);
  if (proof.principal.accountId !== accountId || proof.principal.sessionId !== sessionId) {
    throw new Fault('unauthenticated', 'invalid_token', 'The access token is not of this session');
  }
  connection.expiresAt = endOf(connection, proof);
  connection.schedule();
  return { type: 'token.renew', expiresAt: new Date(proof.expiresAt).toISOString() };
};
