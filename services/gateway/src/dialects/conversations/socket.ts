import type { BusEvent } from '@parley/contracts';
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
import { conversationOf } from './conversation.js';
import { frames } from './frames.js';
import type { ConversationState } from './state.js';
import { toFrame } from './shapes.js';
import { isShown } from '../shared/shown-messages.js';
import { wordsFor } from './errors.js';

export const socket: SocketAdapter<ConversationState> = {
  firstFrameMayAuthenticate: false,
  delaysBursts: true,

  match(path) {
    const conversation = /^\/conversations\/([^/]+)\/ws\/?$/.exec(path)?.[1];
    return conversation === undefined ? null : { conversation };
  },

  credentials({ query }: Handshake): Credentials | null {
    const token = query.get('token');
    return token ? { kind: 'token', token } : null;
  },

  async open({ core, principal, system, params }): Promise<Opening<ConversationState>> {
    const found = await conversationOf(params.conversation ?? '', { core, principal, system });
    const { id, number, kind, slug, title, membershipVersion } = found;
    const conversation = { id, number, kind, slug, title, membershipVersion };
    const greeting = {
      type: 'connection',
      status: 'connected',
      conversation_id: number,
      user_id: principal.number,
    };
    return {
      state: { conversation },
      attach: [conversation],
      greeting: [JSON.stringify(greeting)],
      announced: true,
    };
  },

  decode(frame: string, connection: ConnectionView<ConversationState> | null): Decoded {
    const fields = parseObject(frame);
    return connection ? frames.message.decode({ fields, connection }) : ignored;
  },

  // The sender's own socket receives its message like all others: that is its confirmation.
  encodeResult: () => null,

  encodeEvent(event: BusEvent): Encoded | null {
    switch (event.name) {
      case 'message.created':
        // In a shared realm the inbox also delivers the account's direct messages: they do not belong to this conversation.
        if (event.message.content.type !== 'text' || event.channel.kind === 'direct' || !isShown(event.message))
          return null;
        return { frame: JSON.stringify(toFrame(event.channel, event.message)) };
      case 'session.closed': {
        const { number: user_id, name: username } = event.account;
        return { frame: JSON.stringify({ type: 'user_left', user_id, username }), except: event.connectionId };
      }
      default:
        return null;
    }
  },

  encodeFault: (fault) => JSON.stringify({ type: 'error', message: wordsFor(fault) }),

  // The dialect has no such frame; its clients reconnect after a close.
  encodeGoaway: () => null,

  close(fault): Close {
    const reason = wordsFor(fault);
    switch (fault.code) {
      case 'unauthenticated':
        return { code: 4001, reason };
      case 'forbidden':
        return { code: 4003, reason };
      case 'not_found':
        return { code: 4004, reason };
      default:
        // Every other reason for a refusal is this dialect's "authentication error".
        return { code: 4000, reason };
    }
  },
};
