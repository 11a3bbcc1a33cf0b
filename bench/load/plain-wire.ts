import type { Wire } from './wire.js';

/** A WebSocket without a protocol, for idle connections: the server's first frame opens it, and nothing can be asked. */
export const plainWire: Wire = {
  path: '/',
  hello: null,
  join: () => '',
  send: () => '',
  read: (frame) => (frame === 'opened' ? { kind: 'opened' } : { kind: 'other' }),
};
