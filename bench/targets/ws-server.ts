// Plain `ws` as its documentation advises for many connections: no compression, no list of clients, nothing said but one frame.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { answerLines, say } from '../child.js';

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });
server.on('connection', (socket) => socket.send('opened'));
http.listen(0, '127.0.0.1', () => {
  answerLines({});
  say({ port: (http.address() as AddressInfo).port });
});
