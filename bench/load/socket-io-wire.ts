import type { Read, Wire } from './wire.js';

const answered = /^43(\d{1,10})\[(.{0,200})\]$/;

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
};
