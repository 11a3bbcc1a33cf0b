// A second Socket.IO server without sockets of its own: what it emits reaches the first one through Redis, the documented way.
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { publishAtPace, textOf } from '../pace.js';

const [redisUrl = '', bytes] = process.argv.slice(2);
const publishes = new Redis(redisUrl);
const subscribes = publishes.duplicate();
const io = new Server({ adapter: createAdapter(publishes, subscribes) });
const room = io.to('room');

publishAtPace((sequence) => void room.emit('message', textOf(sequence, Number(bytes))));
