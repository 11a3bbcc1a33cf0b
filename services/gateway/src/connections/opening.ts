import { Fault, asFault, withTimeout } from '@parley/contracts';
import type { ChannelSnapshot, DialectName, Realm } from '@parley/contracts';
import pMap from 'p-map';
import type { RequestId, Credentials, Opening, SocketAdapter } from '../protocol/dialect.js';
import type { ConnectionSlot } from '../limits/connection-limits.js';
import { refusalFault } from '../limits/connection-limits.js';
import { accountScope, announce, endOf } from './ground.js';
import { systemOf } from '../streams/head-poller.js';
import { startInbox } from '../inbox/inbox-subscription.js';
import { handleFrame, releaseHeld } from './frame-handler.js';
import type { Connection } from './connection.js';
import type { Stream } from '../streams/stream.js';

/** What the upgrade found out about a connection: whose wire it speaks, and what it showed. */
export interface AcceptedUpgrade {
  readonly dialect: DialectName;
  readonly adapter: SocketAdapter;
  readonly params: Readonly<Record<string, string>>;
  readonly realms: readonly Realm[];
  /** Whether it stays open when its token ends. */
  readonly outlivesToken: boolean;
  readonly credentials: Credentials | null;
  /** Where it is counted. */
  readonly slot: ConnectionSlot;
}

const openingMs = 15_000;
const subscribedAtOnce = 16;

interface FirstFrame {
  readonly credentials: Credentials;
  readonly requestId: RequestId | undefined;
}

/** Proves who it is, opens the wire, greets, and then takes the frames that came meanwhile, in their order. */
export const openConnection = async (connection: Connection, firstFrame: string | null): Promise<void> => {
  connection.phase = 'opening';
  connection.upgrade.slot.evict = null;
  let firstCommand: FirstFrame | null = null;
  try {
    firstCommand = firstFrame === null ? null : authenticating(connection, firstFrame);
    const credentials = firstCommand?.credentials ?? connection.upgrade.credentials;
    if (!credentials) throw new Fault('unauthenticated', 'no_token', 'No token provided');
    const opened = await withTimeout(open(connection, credentials), openingMs, tooLong);
    if (connection.isLive) activate(connection, opened, firstCommand);
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === 'internal') connection.ground.log.error({ err: fault }, 'A connection could not be opened');
    connection.refuse(fault, firstCommand?.requestId);
  }
};

const authenticating = ({ adapter }: Connection, frame: string): FirstFrame => {
  const { command, requestId } = adapter.decode(frame, null);
  if (command.type !== 'session.authenticate') throw new Fault('unauthenticated', 'no_token', 'No token provided');
  return { credentials: command.credentials, requestId };
};

interface Opened {
  readonly opening: Opening<unknown>;
  readonly expiresAt: string;
  readonly streams: readonly Stream[];
}

const open = async (connection: Connection, credentials: Credentials): Promise<Opened> => {
  const { ground, upgrade } = connection;
  const proof = await ground.principals.authenticate(credentials, { dialect: upgrade.dialect, realms: upgrade.realms });
  const refusal = upgrade.slot.authenticate(proof.principal.accountId);
  if (refusal) {
    ground.counters.throttled[refusal] += 1;
    throw refusalFault(refusal);
  }
  connection.principal = proof.principal;
  const { principal } = connection;
  await openInbox(connection);
  const expiresAt = new Date(proof.expiresAt).toISOString();
  const opening = await upgrade.adapter.open({
    core: ground.core,
    principal,
    system: systemOf(principal.realm),
    connectionId: connection.id,
    expiresAt,
    params: upgrade.params,
  });
  connection.state = opening.state;
  connection.expiresAt = upgrade.outlivesToken ? Infinity : endOf(connection, proof);
  const streams = await subscribeAll(connection, opening.attach);
  if (connection.isLive) await ground.superseding.enter(connection);
  return { opening, streams, expiresAt };
};

/** Some at a time: a device may have subscribed to many. */
export const subscribeAll = (connection: Connection, channels: readonly ChannelSnapshot[]): Promise<Stream[]> => {
  // A direct channel is heard through the inbox.
  const entered = channels.filter(({ kind }) => kind !== 'direct');
  const enter = (channel: ChannelSnapshot): Promise<Stream> =>
    connection.ground.attachments.enter(connection, channel.id, channel);
  return pMap(entered, enter, { concurrency: subscribedAtOnce });
};

/** Every session hears its own account. It joins a moment later, so that a client that resumes first hears all in order. */
const openInbox = async (connection: Connection): Promise<void> => {
  const { registry } = connection.ground;
  const inbox = await registry.take(accountScope(connection.principal.accountId), connection.realm);
  if (!connection.isLive) return registry.giveBack(inbox);
  connection.inbox = inbox;
  inbox.attached.add(connection);
  connection.inboxFrom = inbox.sequencer.delivered;
  // A wire that says itself where its inbox begins hears nothing of it before its greeting.
  const { tracksDelivery, onReactivated } = connection.adapter;
  if (connection.inboxFrom === null && !(tracksDelivery && onReactivated))
    inbox.join(connection, connection.adapter, 0);
};

/** In one turn, so that the greeting goes before all else and nothing falls between. */
const activate = (
  connection: Connection,
  { opening, streams, expiresAt }: Opened,
  firstCommand: FirstFrame | null,
): void => {
  const { ground, principal } = connection;
  for (const frame of opening.greeting) connection.send(frame);
  if (connection.adapter.wantsAcknowledgement) connection.unmeteredAcks += opening.greeting.length;
  if (!connection.superseded) for (const stream of streams) ground.attachments.joinNow(connection, stream);
  connection.phase = 'open';
  connection.inboxAt = ground.clock() + ground.timings.inboxWaitMs;
  if (opening.inboxAfter !== undefined) {
    connection.inboxFrom = opening.inboxAfter;
    startInbox(connection);
  }
  for (const added of connection.joined ?? []) connection.follow(added);
  connection.joined = null;
  if (firstCommand) {
    connection.answer({ type: 'session.authenticate', principal, expiresAt }, firstCommand.requestId);
  }
  if (opening.announced) {
    connection.announced = opening.attach;
    for (const channel of opening.attach) announce(ground, 'session.opened', connection, channel);
  }
  const early = connection.early ?? [];
  connection.early = null;
  for (const frame of early) if (connection.isLive) handleFrame(connection, frame);
  if (connection.held) releaseHeld(connection);
  if (connection.isLive) connection.schedule();
};

const tooLong = (): never => {
  throw new Fault('unavailable', 'deadline_exceeded', 'Opening took too long', { retryAfterMs: 1_000 });
};
