import type { Bus } from '@parley/bus';
import type { AccountPrincipal, ChannelSnapshot, ConnectionId, BusEvent, Realm, Scope } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import type { Principals, Proof } from '../authentication/principal.js';
import type { Attachments } from '../streams/attachments.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import type { StreamRegistry } from '../streams/stream-registry.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { Presence } from '../presence/presence.js';
import type { TargetResolver } from '../commands/target-resolver.js';
import type { Superseding } from '../presence/superseding.js';
import type { AccountBudget, Timings, RealtimeLimits } from '../timing/timings.js';
import type { Peers } from '../peers/peers.js';
import type { DeliveryTracker } from '../inbox/delivery-tracker.js';
import type { Connection } from './connection.js';
import type { TimerWheel } from '../timing/timer-wheel.js';

/** What every connection of this process stands on; made once. */
export interface Ground {
  readonly bus: Bus;
  readonly core: Core;
  readonly principals: Principals;
  readonly log: Log;
  readonly limits: RealtimeLimits;
  /** Frames and requests of each account, shared with REST. */
  readonly accountBudget: AccountBudget;
  /** Whether the `sampled` flag of a client's trace decides what is recorded. */
  readonly trustClientSampling: boolean;
  readonly timings: Timings;
  /** Monotonic milliseconds, for all that is measured and waited for. */
  readonly clock: () => number;
  readonly timers: TimerWheel;
  readonly writeBuffer: WriteBuffer;
  readonly registry: StreamRegistry;
  readonly attachments: Attachments;
  readonly peers: Peers;
  readonly presence: Presence;
  readonly superseding: Superseding;
  readonly targets: TargetResolver;
  readonly deliveries: DeliveryTracker;
  readonly counters: ConnectionMetrics;
  /** Called when a connection is over. */
  forget(connection: Connection): void;
}

export const channelScope = (id: ChannelSnapshot['id']): Scope => ({ kind: 'channel', id });
export const accountScope = (id: AccountPrincipal['accountId']): Scope => ({ kind: 'account', id });

export const summaryOf = ({ accountId, number, handle, name }: AccountPrincipal) => ({
  id: accountId,
  number,
  handle,
  name,
});

/** When a proof ends, by the clock of `ground`: its issuer's time of day is no other host's. */
export const endOf = ({ ground }: Pick<Connection, 'ground'>, { expiresAt }: Proof): number =>
  ground.clock() + (expiresAt - ground.principals.now());

/** Others in the channel hear that a connection came or went. */
export const announce = (
  { bus }: Ground,
  name: 'session.opened' | 'session.closed',
  who: { readonly id: ConnectionId; readonly realm: Realm; readonly principal: AccountPrincipal },
  channel: ChannelSnapshot,
): void => {
  const at = new Date().toISOString();
  const event: BusEvent = {
    name,
    realm: who.realm,
    channel,
    account: summaryOf(who.principal),
    connectionId: who.id,
    at,
  };
  bus.publish(event, [channelScope(channel.id)]);
};
