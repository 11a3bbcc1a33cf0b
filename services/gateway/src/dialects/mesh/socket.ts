import { Fault } from '@parley/contracts';
import type { BusEvent } from '@parley/contracts';
import type { Close, Decoded, Encoded, Handshake, ConnectionView, SocketAdapter } from '../../protocol/dialect.js';
import { ignored } from '../../protocol/client-frames.js';
import type { Credentials } from '../../protocol/command.js';
import { frames } from './frames.js';
import { toPeer } from './shapes.js';
import { socketWordsFor } from './errors.js';

export const socket: SocketAdapter<null> = {
  firstFrameMayAuthenticate: false,
  delaysBursts: true,

  match: (path) => (/^\/ws\/?$/.test(path) ? {} : null),

  credentials({ query, headers }: Handshake): Credentials | null {
    const token = query.get('token') || /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
    return token ? { kind: 'token', token } : null;
  },

  // The server sends nothing after connecting: the client sends first.
  open: async () => ({ state: null, attach: [], greeting: [], announced: false }),

  decode(frame: string, connection: ConnectionView<null> | null): Decoded {
    const message = parsed(frame);
    if (connection?.peering === 'registered') return ignored;
    if (!isObject(message)) throw new Fault('invalid', 'bad_frame', 'A JSON object is expected');
    if (message.type === 'register') return frames.register.decode(message);
    // While the registration is pending, further frames are ignored, as they are after it.
    if (connection?.peering === 'asked') return ignored;
    throw new Fault('invalid', 'not_registered', 'The first frame must be a register');
  },

  encodeResult(result) {
    if (result.type !== 'peer.register') return null;
    const { peer, others } = result;
    return JSON.stringify({
      type: 'register_agent_response',
      status: 'registered',
      virtual_ip: peer.address,
      connection_id: peer.connectionId,
      existing_peers: others.map(toPeer),
    });
  },

  encodeEvent(event: BusEvent): Encoded | null {
    if (event.name === 'peer.online') {
      const { peer } = event;
      return { frame: JSON.stringify({ type: 'peer_online', peer: toPeer(peer) }), except: peer.connectionId };
    }
    if (event.name === 'peer.offline') {
      const { label, account, address, connectionId } = event.peer;
      const gone = { type: 'peer_offline', peer_id: label, user_id: account.number, virtual_ip: address };
      return { frame: JSON.stringify(gone), except: connectionId };
    }
    return null;
  },

  encodeFault: (fault) => JSON.stringify({ error: socketWordsFor(fault) }),

  // The dialect has no such frame; its README asks clients to reconnect after a close.
  encodeGoaway: () => null,

  close(fault): Close {
    const reason = socketWordsFor(fault);
    if (fault.reason === 'no_token') return { code: 4001, reason };
    const comeBack = fault.code === 'unavailable' || fault.code === 'rate_limited' || fault.code === 'internal';
    return { code: comeBack ? 1013 : 1008, reason };
  },
};

const parsed = (frame: string): unknown => {
  try {
    return JSON.parse(frame);
  } catch {
    throw new Fault('invalid', 'bad_json', 'The frame is not JSON');
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
