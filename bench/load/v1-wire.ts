import { randomUUID } from 'node:crypto';
import type { Memory, Read, Reconnection, Wire } from './wire.js';

interface Answer {
  readonly id: number;
  readonly error?: { readonly message: string; readonly data?: { readonly reason?: string } };
}

interface Attached {
  readonly result?: { readonly channel?: { readonly id: string }; readonly head?: number };
}
interface Created {
  readonly params: { readonly inboxSequence?: number; readonly message: { channelId: string; sequence: number } };
}

const isCreated = (frame: string): boolean => frame.includes('"method":"message.created"');
const isAnswer = (frame: string): boolean => frame.startsWith('{"jsonrpc":"2.0","id":');

/** The last sequence of each attached channel, which `session.resume` names. */
const createMemory = (): Memory => {
  const last = new Map<string, number>();
  return {
    see: (frame) => {
      if (isCreated(frame)) {
        const { message, inboxSequence } = (JSON.parse(frame) as Created).params;
        if (inboxSequence === undefined) last.set(message.channelId, message.sequence);
      } else if (isAnswer(frame)) {
        const { channel, head } = (JSON.parse(frame) as Attached).result ?? {};
        if (channel && head !== undefined && !last.has(channel.id)) last.set(channel.id, head);
      }
    },
    hello: () => null,
    resume: (id) => request(id, 'session.resume', { channels: Object.fromEntries(last) }),
    goesOn: true,
  };
};

/** As the SDK by default (libs/client): random below a limit that doubles from 250 ms to 10 s, after what the server asked for. */
const reconnection: Reconnection = {
  openWithinMs: 15_000,
  waitMs: (nth, retryAfterMs) => retryAfterMs + Math.random() * Math.min(10_000, 250 * 2 ** (nth - 1)),
};

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
    if (isCreated(frame)) return { kind: 'delivered' };
    if (frame.includes('"method":"session.opened"')) return { kind: 'opened' };
    if (!isAnswer(frame)) return { kind: 'other' };
    const { id, error } = JSON.parse(frame) as Answer;
    return { kind: 'answered', id, error: error ? (error.data?.reason ?? error.message) : null };
  },
  createMemory,
  reconnection,
};
