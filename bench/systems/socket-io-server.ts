// Socket.IO 4 as its documentation shows it, with the Redis adapter: one room, everybody in it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { answerLines, say } from '../child.js';

const [redisUrl = ''] = process.argv.slice(2);
const publishes = new Redis(redisUrl);
const subscribes = publishes.duplicate();
const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  adapter: createAdapter(publishes, subscribes),
});
io.on('connection', (socket) => void socket.join('room'));
http.listen(0, '127.0.0.1', () => {
  answerLines({});
  say({ port: (http.address() as AddressInfo).port });
});
