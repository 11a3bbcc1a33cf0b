import { Fault } from '@parley/contracts';
import type { ChannelSnapshot, BusEvent } from '@parley/contracts';
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
import { conversationOf } from './conversation.js';
import { Say, toFrame } from './shapes.js';
import { isShown } from '../shared/shown-messages.js';
import { wordsFor } from './errors.js';

/** The state of a connection of this dialect, which is in one conversation from its first frame to its last. */
export interface ConversationState {
  readonly conversation: ChannelSnapshot;
}

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
    if (!connection) return { command: { type: 'nothing' }, requestId: undefined };
    if (!('content' in fields)) throw new Fault('invalid', 'missing_content', 'Message content is required');
    if (fields.content === '') throw new Fault('invalid', 'bad_content', 'Message content must not be empty');
    const say = Say.safeParse(fields);
    if (!say.success) {
      throw new Fault('invalid', 'bad_content', 'Message content must be text of at most 16384 characters');
    }
    return {
      command: {
        type: 'message.send',
        target: { channelId: connection.state.conversation.id },
        clientId: null,
        content: { type: 'text', text: say.data.content },
      },
      requestId: undefined,
    };
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

const parseObject = (frame: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new Fault('invalid', 'bad_json', 'Invalid JSON format');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('invalid', 'bad_frame', 'Invalid message format: a JSON object is expected');
  }
  return value as Record<string, unknown>;
};
