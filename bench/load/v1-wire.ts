import { randomUUID } from 'node:crypto';
import type { Read, Wire } from './wire.js';

interface Answer {
  readonly id: number;
  readonly error?: { readonly message: string; readonly data?: { readonly reason?: string } };
}

const request = (id: number, method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

/** Parley's own protocol; authenticated by a header of the upgrade, after which the inbox is received. */
export const v1Wire: Wire = {
  path: '/v1/socket',
  hello: null,
  join: (id, channelId) => request(id, 'channel.attach', { channelId }),
  send: (id, channelId, text) =>
    request(id, 'message.send', { channelId, clientId: randomUUID(), content: { type: 'text', text } }),
  read: (frame): Read => {
    // Most frames are deliveries, and a delivery is not parsed: the generator must not be what limits.
    if (frame.includes('"method":"message.created"')) return { kind: 'delivered' };
    if (frame.includes('"method":"session.opened"')) return { kind: 'opened' };
    if (!frame.startsWith('{"jsonrpc":"2.0","id":')) return { kind: 'other' };
    const { id, error } = JSON.parse(frame) as Answer;
    return { kind: 'answered', id, error: error ? (error.data?.reason ?? error.message) : null };
  },
};
