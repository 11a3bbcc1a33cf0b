import type { Memory, Read, Reconnection, Wire } from './wire.js';

const answered = /^43(\d{1,10})\[(.{0,200})\]$/;

/** A session and the offset of its last event: what `connectionStateRecovery` of Socket.IO asks a client for. */
const createMemory = (): Memory => {
  let [sid, pid, offset] = ['', '', ''];
  let goesOn = false;
  return {
    see: (frame) => {
      if (frame.startsWith('40{')) {
        const opened = JSON.parse(frame.slice(2)) as { readonly sid: string; readonly pid?: string };
        goesOn = opened.sid === sid;
        [sid, pid] = [opened.sid, opened.pid ?? ''];
        if (!goesOn) offset = '';
      } else if (frame.startsWith('42["message"')) {
        const last = (JSON.parse(frame.slice(2)) as readonly unknown[]).at(-1);
        if (typeof last === 'string') offset = last;
      }
    },
    hello: () => (pid && offset ? `40${JSON.stringify({ pid, offset })}` : '40'),
    resume: () => null,
    get goesOn() {
      return goesOn;
    },
  };
};

/** As socket.io-client by default: from 1 s, doubled up to 5 s, more or less by up to a half. It does not read `Retry-After`. */
const reconnection: Reconnection = {
  openWithinMs: 20_000,
  waitMs: (nth) => Math.min(5_000, 1_000 * 2 ** (nth - 1) * (0.5 + Math.random())),
};

/** Engine.IO 4 and Socket.IO 5 over WebSocket alone: `42` is an event, a number behind it asks for an acknowledgement, `43` is one. */
export const socketIoWire: Wire = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: '40',
  join: (id, channelId) => `42${id}${JSON.stringify(['join', channelId])}`,
  send: (id, channelId, text) => `42${id}${JSON.stringify(['send', channelId, text])}`,
  read: (frame): Read => {
    if (frame.startsWith('42["message"')) return { kind: 'delivered' };
    if (frame.startsWith('40{')) return { kind: 'opened' };
    if (frame === '2') return { kind: 'ping', pong: '3' };
    const [, id, error] = answered.exec(frame) ?? [];
    if (id === undefined) return { kind: 'other' };
    return { kind: 'answered', id: Number(id), error: error ? error : null };
  },
  createMemory,
  reconnection,
};
