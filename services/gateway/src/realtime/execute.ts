import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, isFault, deadlineIn } from '@parley/contracts';
import type { ChannelSnapshot, Scope } from '@parley/contracts';
import type { Intent, Outcome } from '../dialects/dialect.js';
import { channelScope, endOf, summaryOf } from './ground.js';
import type { Resolved } from './reach.js';
import type { LiveSession } from './session.js';
import type { Asked } from './work.js';

/** What needs somebody else; the rest of the intents is answered where the frame comes in. */
export type Job = Exclude<Intent, { do: 'answer' | 'nothing' | 'inbox.acknowledge' }>;

type Send = Extract<Intent, { do: 'message.send' }>;
type Direct = Extract<Intent, { do: 'message.direct' }>;

const pauseMinMs = 100;
const pauseMaxMs = 1_000;
const typedMax = 64;
/** The answer may be lost and the message kept: the same client id makes asking again safe. */
const repeatedFor = new Set(['deadline_exceeded', 'bus_down', 'no_responders']);

/** Intent → call: the single switch. null: nothing is answered. */
export const execute = async (session: LiveSession, { intent, about, arrivedAt }: Asked): Promise<Outcome | null> => {
  const { attachments, core } = session.ground;
  switch (intent.do) {
    case 'message.send':
      return sendMessage(session, intent, arrivedAt + session.ground.pace.sendMs);
    case 'message.direct':
      return sendMessage(session, await addressed(session, intent), arrivedAt + session.ground.pace.sendMs);
    case 'typing.start':
      await startTyping(session, intent.channelId);
      return { did: 'typing.start' };
    case 'channel.attach':
      return attachments.attach(session, intent.channelId, intent.after);
    case 'channel.detach':
      attachments.detach(session, intent.channelId);
      return { did: 'channel.detach' };
    case 'session.resume':
      return attachments.resume(session, intent);
    case 'receipt.record': {
      const { channelId, sequence } = intent;
      const recorded = await core.chat.receipt.record({ channelId, sequence }, callOf(session));
      return { did: 'receipt.record', sequence: recorded.sequence };
    }
    case 'peer.register':
      await session.ground.peers.register(session, intent, about);
      return null;
    case 'token.renew':
      return renewToken(session, intent.accessToken);
    case 'session.authenticate':
      throw new Fault('conflict', 'already_authenticated', 'This connection is signed in already');
  }
};

const callOf = ({ principal, ground }: LiveSession) => ({ principal, deadline: deadlineIn(ground.pace.callMs) });

/** Finds out whom a wire means by its own name, and so what is said to it. */
const addressed = async (session: LiveSession, { to, clientId, contentFor, raw }: Direct): Promise<Send> => {
  const directWith = await session.ground.reach.accountOf(session, to);
  const content = contentFor(directWith);
  return { do: 'message.send', target: { directWith }, clientId, content, ...(raw !== undefined && { raw }) };
};

/** Repeats a send whose answer was lost, with the same client id, until its time is up. */
const sendMessage = async (session: LiveSession, intent: Send, deadline: number): Promise<Outcome> => {
  const { principal, ground } = session;
  session.sent += 1;
  const { content, raw } = intent;
  const resolved = await ground.reach.resolve(session, intent.target);
  const { target } = resolved;
  await refuseAbsent(session, intent, resolved);
  const clientId = intent.clientId ?? `${session.id}:${session.sent}`;
  const input = { target, content, clientId, origin: { connectionId: session.id }, ...(raw !== undefined && { raw }) };
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    try {
      const sent = await ground.core.chat.message.send(input, { principal, deadline });
      const { message, channel, inbox, repeated } = sent;
      const place = inbox.find(({ accountId }) => accountId === principal.accountId);
      const reached = intent.reach && (await reachOf(session, resolved, channel));
      const said = { did: 'message.send' as const, message, channel, inboxSequence: place?.sequence ?? null, repeated };
      return reached === undefined ? said : { ...said, reached };
    } catch (error) {
      if (!isFault(error) || error.code !== 'unavailable' || !repeatedFor.has(error.reason)) throw error;
      if (deadlineIn(pauseMs) >= deadline || !session.isLive) throw notKept(error);
      await sleep(pauseMs);
    }
  }
};

const refuseAbsent = async (session: LiveSession, { reach }: Send, { target, isHere }: Resolved): Promise<void> => {
  if (reach !== 'or_refuse' || isHere || !('directWith' in target)) return;
  if (await session.ground.reach.isHere(session.realm, target.directWith)) return;
  throw new Fault('not_found', 'recipient_absent', 'The recipient is not connected');
};

const reachOf = async (
  { realm, principal, ground }: LiveSession,
  { target, isHere }: Resolved,
  channel: ChannelSnapshot,
): Promise<number> =>
  'directWith' in target
    ? Number(isHere ?? (await ground.reach.isHere(realm, target.directWith)))
    : ground.reach.count(realm, channel, principal.accountId);

const notKept = (fault: Fault): Fault =>
  new Fault('unavailable', fault.reason, 'The message could not be kept; send it again', {
    retryAfterMs: fault.retryAfterMs ?? 1_000,
  });

const startTyping = async (session: LiveSession, channelId: ChannelSnapshot['id']): Promise<void> => {
  const { ground } = session;
  const now = ground.clock();
  const typedAt = (session.typedAt ??= new Map());
  if (now - (typedAt.get(channelId) ?? -Infinity) < ground.pace.typingMs) return;
  if (typedAt.size >= typedMax) typedAt.clear();
  typedAt.set(channelId, now);
  const { channel, roads } = await typingRoads(session, channelId);
  const at = new Date().toISOString();
  const { realm, principal, id: connectionId } = session;
  const fact = { name: 'typing.started', realm, channel, account: summaryOf(principal), origin: { connectionId }, at };
  ground.bus.publish(fact, roads);
};

const typingRoads = async (
  session: LiveSession,
  channelId: ChannelSnapshot['id'],
): Promise<{ channel: ChannelSnapshot; roads: readonly Scope[] }> => {
  const attached = session.attached.get(channelId);
  if (attached) return { channel: attached, roads: [channelScope(channelId)] };
  const { authorize } = session.ground.core.topics.member;
  const { channel, roads } = await authorize({ target: { channelId }, to: 'write' }, callOf(session));
  const { id, number, kind, slug, title, membershipVersion } = channel;
  return { channel: { id, number, kind, slug, title, membershipVersion }, roads };
};

/** Only the same sign-in may prolong a connection. */
const renewToken = async (session: LiveSession, token: string): Promise<Outcome> => {
  const { dialect, accountId, sessionId } = session.principal;
  const expected = { dialect, realms: [session.realm] };
  const proof = await session.ground.principals.prove({ kind: 'token', token }, expected);
  if (proof.principal.accountId !== accountId || proof.principal.sessionId !== sessionId) {
    throw new Fault('unauthenticated', 'invalid_token', 'The access token is not of this session');
  }
  session.expiresAt = endOf(session, proof);
  session.schedule();
  return { did: 'token.renew', expiresAt: new Date(proof.expiresAt).toISOString() };
};
