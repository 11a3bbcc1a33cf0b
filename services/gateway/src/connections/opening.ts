import { Fault, asFault, withTimeout } from '@parley/contracts';
import type { ChannelSnapshot } from '@parley/contracts';
import pMap from 'p-map';
import type { Principals } from '../authentication/principal.js';
import type { Core } from '../core.js';
import type { DeliveryTracker } from '../inbox/delivery-tracker.js';
import type { InboxSubscription } from '../inbox/inbox-subscription.js';
import { refusalFault } from '../limits/connection-limits.js';
import type { Superseding } from '../presence/superseding.js';
import type { Opening } from '../protocol/dialect.js';
import type { Credentials, RequestId } from '../protocol/command.js';
import { systemOf } from '../protocol/scopes.js';
import type { Attachments } from '../streams/attachments.js';
import type { StreamMember } from '../streams/member.js';
import type { Stream } from '../streams/stream.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import type { Connection } from './connection.js';
import { FrameBacklog } from './frame-backlog.js';
import type { OpenedAnnouncements } from './opened-announcements.js';

const openingMs = 15_000;
const subscribedAtOnce = 16;

export interface OpeningDeps {
  readonly core: Core;
  readonly principals: Pick<Principals, 'authenticate' | 'now'>;
  readonly attachments: Attachments;
  readonly superseding: Superseding;
  readonly deliveries: DeliveryTracker;
  readonly counters: ConnectionMetrics;
  readonly announcements: OpenedAnnouncements;
  openInbox(connection: Connection): Promise<InboxSubscription | null>;
}

interface FirstFrame {
  readonly credentials: Credentials;
  readonly requestId: RequestId | undefined;
}

interface Opened {
  readonly opening: Opening<unknown>;
  readonly expiresAt: string;
  readonly streams: readonly Stream[];
}

/**
 * Verifies the credentials, subscribes to what the dialect wants, sends the greeting and activates the connection. `firstFrame`: the
 * frame with the credentials; null if the upgrade carried them. Returns the frames that arrived meanwhile; null: the connection is not open,
 * because it was refused or closed.
 */
export const openConnection = async (
  deps: OpeningDeps,
  connection: Connection,
  firstFrame: string | null,
): Promise<FrameBacklog | null> => {
  const upgrade = connection.beginOpening();
  let authenticating: FirstFrame | null = null;
  try {
    authenticating = firstFrame === null ? null : credentialsIn(connection, firstFrame);
    const credentials = authenticating?.credentials ?? upgrade.credentials;
    if (!credentials) throw new Fault('unauthenticated', 'no_token', 'No token provided');
    const opened = await withTimeout(open(deps, connection, upgrade, credentials), openingMs, tooLong);
    if (!opened || !connection.isLive) return null;
    return activate(deps, connection, opened, authenticating);
  } catch (error) {
    connection.refuse(asFault(error), authenticating?.requestId);
    return null;
  }
};

const credentialsIn = ({ adapter }: Connection, frame: string): FirstFrame => {
  const { command, requestId } = adapter.decode(frame, null);
  if (command.type !== 'session.authenticate') throw new Fault('unauthenticated', 'no_token', 'No token provided');
  return { credentials: command.credentials, requestId };
};

const open = async (
  deps: OpeningDeps,
  connection: Connection,
  { dialect, realms, slot, adapter, params }: AcceptedUpgrade,
  credentials: Credentials,
): Promise<Opened | null> => {
  const { core, principals, superseding } = deps;
  const { principal, expiresAt } = await principals.authenticate(credentials, { dialect, realms });
  if (!connection.isLive) return null;
  const refusal = slot.authenticate(principal.accountId);
  if (refusal) {
    deps.counters.throttled[refusal] += 1;
    throw refusalFault(refusal);
  }
  // The issuer's clock decides when the token expires; no other host's clock is compared with it.
  connection.authenticate(principal, expiresAt - principals.now());
  const inbox = await deps.openInbox(connection);
  if (!inbox || !connection.isLive) return null;
  deps.deliveries.track(connection);
  const opening = await adapter.open({
    core,
    principal,
    system: systemOf(principal.realm),
    connectionId: connection.id,
    expiresAt: new Date(expiresAt).toISOString(),
    params,
  });
  if (!connection.isLive) return null;
  connection.setState(opening.state);
  const streams = await subscribeAll(deps.attachments, connection, opening.attach);
  if (connection.isLive) await superseding.enter(connection);
  return { opening, streams, expiresAt: new Date(expiresAt).toISOString() };
};

/** With limited concurrency: a device may have subscribed to many channels. */
export const subscribeAll = (
  attachments: Attachments,
  member: StreamMember,
  channels: readonly ChannelSnapshot[],
): Promise<Stream[]> => {
  // A direct channel is received through the inbox.
  const entered = channels.filter(({ kind }) => kind !== 'direct');
  const enter = (channel: ChannelSnapshot): Promise<Stream> => attachments.enter(member, channel.id, channel);
  return pMap(entered, enter, { concurrency: subscribedAtOnce });
};

/** Runs in one turn of the event loop, so that the greeting precedes all other frames and no event is lost in between. */
const activate = (
  { announcements, attachments }: OpeningDeps,
  connection: Connection,
  { opening, streams, expiresAt }: Opened,
  authenticating: FirstFrame | null,
): FrameBacklog => {
  const { principal, adapter } = connection;
  for (const frame of opening.greeting) connection.send(frame);
  if (adapter.wantsAcknowledgement) connection.expectAcks(opening.greeting.length);
  if (!connection.isSuspended) for (const stream of streams) attachments.joinNow(connection, stream);
  const { joined, frames } = connection.open(opening.announced);
  connection.inbox?.startSoon();
  if (opening.inboxAfter !== undefined) connection.inbox?.startFrom(opening.inboxAfter);
  for (const added of joined) connection.follow(added);
  if (authenticating) {
    connection.answer({ type: 'session.authenticate', principal, expiresAt }, authenticating.requestId);
  }
  connection.writeNow();
  if (opening.announced) announcements.opened(connection, opening.attach);
  return frames ?? new FrameBacklog();
};

const tooLong = (): never => {
  throw new Fault('unavailable', 'deadline_exceeded', 'Opening took too long', { retryAfterMs: 1_000 });
};
