import type { Bus } from '@parley/bus';
import type { AccountPrincipal, ChannelSnapshot, ConnectionId, Fact, Realm, Scope } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import type { Principals, Proof } from '../edge/principal.js';
import type { Attachments } from './attachments.js';
import type { Counts } from './counts.js';
import type { Hub } from './hub.js';
import type { Outbox } from './outbox.js';
import type { Presence } from './presence.js';
import type { Reach } from './reach.js';
import type { Takeovers } from './takeovers.js';
import type { AccountBudget, Pace, RealtimeLimits } from './pace.js';
import type { Peers } from './peers.js';
import type { InboxKeeper } from './inbox-keeper.js';
import type { LiveSession } from './session.js';
import type { Wheel } from './wheel.js';

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
  readonly pace: Pace;
  /** Monotonic milliseconds, for all that is measured and waited for. */
  readonly clock: () => number;
  readonly wheel: Wheel;
  readonly outbox: Outbox;
  readonly hub: Hub;
  readonly attachments: Attachments;
  readonly peers: Peers;
  readonly presence: Presence;
  readonly takeovers: Takeovers;
  readonly reach: Reach;
  readonly keeper: InboxKeeper;
  readonly counts: Counts;
  /** Called when a connection is over. */
  forget(session: LiveSession): void;
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
export const endOf = ({ ground }: Pick<LiveSession, 'ground'>, { expiresAt }: Proof): number =>
  ground.clock() + (expiresAt - ground.principals.now());

/** Others in the channel hear that a connection came or went. */
export const announce = (
  { bus }: Ground,
  name: 'session.opened' | 'session.closed',
  who: { readonly id: ConnectionId; readonly realm: Realm; readonly principal: AccountPrincipal },
  channel: ChannelSnapshot,
): void => {
  const at = new Date().toISOString();
  const fact: Fact = { name, realm: who.realm, channel, account: summaryOf(who.principal), connectionId: who.id, at };
  bus.publish(fact, [channelScope(channel.id)]);
};
