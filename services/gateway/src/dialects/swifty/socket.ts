import type { AccountPrincipal } from '@parley/contracts';
import type { Core } from '../../core.js';
import type { Close, SocketAdapter } from '../../protocol/dialect.js';
import { decode } from './decode.js';
import { encodeEvent, encodeFault, encodeResult, isToOneself } from './encode.js';
import { resumeOfflineQueue, wantsAcknowledgement } from './offline-queue.js';
import type { SwiftySettings } from './settings.js';
import { epochSeconds } from './shapes.js';
import { subscriptionsOf } from './subscriptions.js';
import { wordsFor } from './errors.js';

/** One socket per device: direct messages by uuid, and the topics that it is subscribed to. */
export const socketOf = (settings: SwiftySettings): SocketAdapter => ({
  firstFrameMayAuthenticate: false,
  delaysBursts: true,
  newestReceives: true,

  match: (path) => (/^\/ws\/?$/.test(path) ? {} : null),

  credentials({ query, headers }) {
    const token = query.get('token') ?? /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
    return token ? { kind: 'token', token } : null;
  },

  joinsLive: ({ kind }) => kind === 'topic' || kind === 'room',

  ...(settings.offlineQueue && { tracksDelivery: 'for_itself' as const }),
  wantsAcknowledgement,

  async open({ core, principal }) {
    const { attach, kept } = await loadSubscriptions(core, principal, settings);
    const greeting = {
      type: 'connection',
      message: 'Connected successfully',
      uuid: principal.handle,
      name: principal.name,
      timestamp: epochSeconds(),
    };
    return {
      state: null,
      attach,
      greeting: [JSON.stringify(greeting), ...(kept?.unacknowledged ?? [])],
      announced: false,
      ...(kept && { inboxAfter: kept.after }),
    };
  },

  async onReactivated({ core, principal }) {
    const { attach, kept } = await loadSubscriptions(core, principal, settings);
    return { attach, ...(kept && { inboxAfter: kept.after }) };
  },

  decode: (frame, connection) => decode(frame, connection, settings),
  encodeResult,
  answersAfterMessage: isToOneself,
  encodeEvent: (event, owner) => encodeEvent(event, owner ?? null),
  encodeFault,

  // The dialect has no such frame; its clients reconnect after a close.
  encodeGoaway: () => null,

  close(fault): Close {
    const reason = wordsFor(fault);
    if (fault.reason === 'no_token') return { code: 4001, reason };
    const comesBack = fault.code === 'unavailable' || fault.code === 'internal' || fault.code === 'rate_limited';
    return { code: comesBack ? 1013 : 1008, reason };
  },
});

/** The subscriptions of a device, and its offline queue. */
const loadSubscriptions = async (core: Core, principal: AccountPrincipal, settings: SwiftySettings) => {
  const [channels, kept] = await Promise.all([
    subscriptionsOf(core, principal),
    settings.offlineQueue ? resumeOfflineQueue(core, principal, settings) : null,
  ]);
  const attach = channels.map(({ id, number, kind, slug, title, membershipVersion }) => ({
    id,
    number,
    kind,
    slug,
    title,
    membershipVersion,
  }));
  return { attach, kept };
};
