import { notFound, ShortNumber, Title } from '@parley/contracts';
import type { AccountPrincipal, ChannelSnapshot, BusEvent } from '@parley/contracts';
import type { Core } from '../../core.js';
import type {
  Close,
  Decoded,
  Encoded,
  Handshake,
  Opening,
  ConnectionView,
  SocketAdapter,
} from '../../protocol/dialect.js';
import type { Credentials } from '../../protocol/command.js';
import { ignored } from '../../protocol/client-frames.js';
import { parseObject } from '../shared/json-object.js';
import { isShown } from '../shared/shown-messages.js';
import { frames } from './frames.js';
import { reactionFrame } from './reactions.js';
import { markRead } from './read-marks.js';
import { naiveTime, toRoomMessage } from './shapes.js';
import { wordsFor } from './errors.js';
import type { RoomState } from './state.js';

export const socket: SocketAdapter<RoomState> = {
  firstFrameMayAuthenticate: false,
  delaysBursts: true,

  match(path) {
    const room = /^\/ws\/chat\/([^/]+)\/?$/.exec(path)?.[1];
    return room === undefined ? null : { room };
  },

  credentials({ query }: Handshake): Credentials | null {
    const token = query.get('token');
    return token ? { kind: 'token', token } : null;
  },

  async open({ core, principal, params }): Promise<Opening<RoomState>> {
    const room = await findRoom(core, principal, params.room ?? '');
    await core.topics.member.authorize({ target: { channelId: room.id }, to: 'read' }, { principal });
    // Opening a room marks it as read, as the old server did.
    await markRead(core, room.id, principal);
    const greeting = {
      type: 'connected',
      room_id: room.number,
      room_name: room.title,
      message: `Connected to ${room.title}`,
      timestamp: naiveTime(new Date().toISOString()),
    };
    return { state: { room }, attach: [room], greeting: [JSON.stringify(greeting)], announced: true };
  },

  decode(frame: string, connection: ConnectionView<RoomState> | null): Decoded {
    const fields = parseObject(frame);
    const { type } = fields;
    const known = typeof type === 'string' && Object.hasOwn(frames, type) ? frames[type] : undefined;
    return connection && known ? known.decode({ fields, connection }) : ignored;
  },

  // The old server confirmed nothing: the sender's client shows what it sent.
  encodeResult: () => null,

  encodeEvent(event: BusEvent): Encoded | null {
    switch (event.name) {
      case 'message.created': {
        // In a shared realm the inbox also delivers the account's direct messages: they do not belong to this room.
        if (event.message.content.type !== 'text' || event.channel.kind === 'direct' || !isShown(event.message))
          return null;
        const frame = JSON.stringify(toRoomMessage(event.channel.number, event.message));
        return event.origin ? { frame, except: event.origin.connectionId } : { frame };
      }
      case 'reaction.added':
      case 'reaction.removed':
        return event.channel.kind === 'direct' ? null : reactionFrame(event);
      case 'typing.started':
        return {
          frame: JSON.stringify({
            type: 'typing',
            room_id: event.channel.number,
            sender: event.account.name,
            message: `${event.account.name} is typing...`,
            timestamp: naiveTime(event.at),
          }),
          except: event.origin.connectionId,
        };
      case 'session.opened':
        return {
          frame: JSON.stringify({
            type: 'user_joined',
            room_id: event.channel.number,
            sender: event.account.name,
            message: `${event.account.name} joined the chat`,
            timestamp: naiveTime(event.at),
          }),
          except: event.connectionId,
        };
      default:
        return null;
    }
  },

  encodeFault: (fault) => JSON.stringify({ type: 'error', message: wordsFor(fault) }),

  // The dialect has no such frame; its clients reconnect after a close.
  encodeGoaway: () => null,

  close(fault): Close {
    const message = wordsFor(fault);
    switch (fault.code) {
      case 'unavailable':
      case 'rate_limited':
      case 'internal':
        return { code: 1013, reason: message };
      case 'not_found':
        // The old server sent the reason in a frame and closed normally.
        return { code: 1000, reason: message };
      default:
        return { code: 1008, reason: message };
    }
  },
};

/** Finds a room by number, else by title in any case, the oldest of that title. */
const findRoom = async (core: Core, principal: AccountPrincipal, given: string): Promise<ChannelSnapshot> => {
  const title = Title.safeParse(decodePath(given));
  if (!title.success) throw notFound('channel');
  const number = /^\d+$/.test(title.data) ? ShortNumber.safeParse(Number(title.data)) : null;
  const reference = number?.success ? { number: number.data } : { title: title.data, kind: 'room' as const };
  const channel = await core.topics.channel.get({ reference }, { principal });
  if (channel.kind !== 'room') throw notFound('channel');
  const { id, number: roomNumber, kind, slug, membershipVersion } = channel;
  return { id, number: roomNumber, kind, slug, title: channel.title, membershipVersion };
};

const decodePath = (given: string): string => {
  try {
    return decodeURIComponent(given);
  } catch {
    throw notFound('channel');
  }
};
