import { Fault, asFault, withTimeout } from '@parley/contracts';
import type { ChannelSnapshot, DialectName, Realm } from '@parley/contracts';
import pMap from 'p-map';
import type { About, Credentials, Opening, SocketWire } from '../dialects/dialect.js';
import type { ConnectionSlot } from '../edge/connection-limits.js';
import { refusalFault } from '../edge/connection-limits.js';
import { accountScope, announce, endOf } from './ground.js';
import { systemOf } from './heads.js';
import { hearInbox } from './own-inbox.js';
import { receive, releaseHeld } from './reception.js';
import type { LiveSession } from './session.js';
import type { Stream } from './stream.js';

/** What the upgrade found out about a connection: whose wire it speaks, and what it showed. */
export interface Door {
  readonly dialect: DialectName;
  readonly wire: SocketWire;
  readonly params: Readonly<Record<string, string>>;
  readonly realms: readonly Realm[];
  /** Whether it stays open when its token ends. */
  readonly outlivesToken: boolean;
  readonly credentials: Credentials | null;
  /** Where it is counted. */
  readonly slot: ConnectionSlot;
}

const arrivalMs = 15_000;
const enteredAtOnce = 16;

interface FirstFrame {
  readonly credentials: Credentials;
  readonly about: About | undefined;
}

/** Proves who it is, opens the wire, greets, and then takes the frames that came meanwhile, in their order. */
export const letIn = async (session: LiveSession, firstFrame: string | null): Promise<void> => {
  session.phase = 'arriving';
  session.door.slot.evict = null;
  let asked: FirstFrame | null = null;
  try {
    asked = firstFrame === null ? null : authenticating(session, firstFrame);
    const credentials = asked?.credentials ?? session.door.credentials;
    if (!credentials) throw new Fault('unauthenticated', 'no_token', 'No token provided');
    const arrived = await withTimeout(arrive(session, credentials), arrivalMs, tooLong);
    if (session.isLive) begin(session, arrived, asked);
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === 'internal') session.ground.log.error({ err: fault }, 'A connection could not be opened');
    session.refuse(fault, asked?.about);
  }
};

const authenticating = ({ wire }: LiveSession, frame: string): FirstFrame => {
  const { intent, about } = wire.decode(frame, null);
  if (intent.do !== 'session.authenticate') throw new Fault('unauthenticated', 'no_token', 'No token provided');
  return { credentials: intent.credentials, about };
};

interface Arrived {
  readonly opening: Opening<unknown>;
  readonly expiresAt: string;
  readonly streams: readonly Stream[];
}

const arrive = async (session: LiveSession, credentials: Credentials): Promise<Arrived> => {
  const { ground, door } = session;
  const proof = await ground.principals.prove(credentials, { dialect: door.dialect, realms: door.realms });
  const refusal = door.slot.authenticate(proof.principal.accountId);
  if (refusal) {
    ground.counts.throttled[refusal] += 1;
    throw refusalFault(refusal);
  }
  session.principal = proof.principal;
  const { principal } = session;
  await openInbox(session);
  const expiresAt = new Date(proof.expiresAt).toISOString();
  const opening = await door.wire.open({
    core: ground.core,
    principal,
    system: systemOf(principal.realm),
    connectionId: session.id,
    expiresAt,
    params: door.params,
  });
  session.state = opening.state;
  session.expiresAt = door.outlivesToken ? Infinity : endOf(session, proof);
  const streams = await enterAll(session, opening.attach);
  if (session.isLive) await ground.takeovers.enter(session);
  return { opening, streams, expiresAt };
};

/** Some at a time: a device may have subscribed to many. */
export const enterAll = (session: LiveSession, channels: readonly ChannelSnapshot[]): Promise<Stream[]> => {
  // A direct channel is heard through the inbox.
  const entered = channels.filter(({ kind }) => kind !== 'direct');
  const enter = (channel: ChannelSnapshot): Promise<Stream> =>
    session.ground.attachments.enter(session, channel.id, channel);
  return pMap(entered, enter, { concurrency: enteredAtOnce });
};

/** Every session hears its own account. It joins a moment later, so that a client that resumes first hears all in order. */
const openInbox = async (session: LiveSession): Promise<void> => {
  const { hub } = session.ground;
  const inbox = await hub.take(accountScope(session.principal.accountId), session.realm);
  if (!session.isLive) return hub.giveBack(inbox);
  session.inbox = inbox;
  inbox.attached.add(session);
  session.inboxFrom = inbox.sequencer.delivered;
  // A wire that says itself where its inbox begins hears nothing of it before its greeting.
  const { keepsPlace, goesOn } = session.wire;
  if (session.inboxFrom === null && !(keepsPlace && goesOn)) inbox.join(session, session.wire, 0);
};

/** In one turn, so that the greeting goes before all else and nothing falls between. */
const begin = (session: LiveSession, { opening, streams, expiresAt }: Arrived, asked: FirstFrame | null): void => {
  const { ground, principal } = session;
  for (const frame of opening.greeting) session.send(frame);
  if (session.wire.wantsAcknowledgement) session.owed += opening.greeting.length;
  if (!session.displaced) for (const stream of streams) ground.attachments.joinNow(session, stream);
  session.phase = 'open';
  session.inboxAt = ground.clock() + ground.pace.inboxWaitMs;
  if (opening.inboxAfter !== undefined) {
    session.inboxFrom = opening.inboxAfter;
    hearInbox(session);
  }
  for (const added of session.joined ?? []) session.follow(added);
  session.joined = null;
  if (asked) {
    session.answer({ did: 'session.authenticate', principal, expiresAt }, asked.about);
  }
  if (opening.announced) {
    session.announced = opening.attach;
    for (const channel of opening.attach) announce(ground, 'session.opened', session, channel);
  }
  const early = session.early ?? [];
  session.early = null;
  for (const frame of early) if (session.isLive) receive(session, frame);
  if (session.held) releaseHeld(session);
  if (session.isLive) session.schedule();
};

const tooLong = (): never => {
  throw new Fault('unavailable', 'deadline_exceeded', 'Opening took too long', { retryAfterMs: 1_000 });
};
