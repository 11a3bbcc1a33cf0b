// A chat as Socket.IO's documentation builds it: rooms, an adapter of Redis, an acknowledgement for each message. With a database each message is
// one INSERT, committed before it is emitted and acknowledged.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Server } from 'socket.io';
import { answerLines, say } from '../child.js';

const [redisUrl = '', adapter = '', databaseUrl = ''] = process.argv.slice(2);
const redis = new Redis(redisUrl);
// As the documentation of each shows it; the streams keep enough for what the longest workload writes while clients are away.
const scaling =
  adapter === 'streams'
    ? { adapter: createStreamsAdapter(redis, { maxLen: 200_000 }), connectionStateRecovery: {} }
    : { adapter: createAdapter(redis, redis.duplicate()) };
const pool = databaseUrl ? new pg.Pool({ connectionString: databaseUrl, max: 16 }) : null;
await pool?.query(`create table if not exists messages (
  id bigint generated always as identity primary key, room text not null, sender text not null, text text not null,
  sent_at timestamptz not null default now())`);

type Acknowledge = (error?: string) => void;
const insert = 'insert into messages (room, sender, text) values ($1, $2, $3) returning id, sent_at';

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  ...scaling,
});
// As the documentation advises for the memory of many connections.
io.engine.on('connection', (connection: { request: unknown }) => void (connection.request = null));
let emitted = 0;
io.on('connection', (socket) => {
  socket.on('join', async (room: string, acknowledge: Acknowledge) => {
    await socket.join(room);
    acknowledge();
  });
  socket.on('send', async (room: string, text: string, acknowledge: Acknowledge) => {
    try {
      const message = await keep(room, socket.id, text);
      io.to(room).emit('message', { ...message, room, sender: socket.id, text });
      acknowledge();
    } catch (error) {
      acknowledge((error as Error).message);
    }
  });
});

const keep = async (room: string, sender: string, text: string): Promise<{ id: unknown; sentAt: unknown }> => {
  if (pool === null) return { id: (emitted += 1), sentAt: new Date() };
  const { rows } = await pool.query<{ id: string; sent_at: Date }>({
    name: 'insert',
    text: insert,
    values: [room, sender, text],
  });
  return { id: rows[0]?.id, sentAt: rows[0]?.sent_at };
};

http.listen(0, '127.0.0.1', () => {
  answerLines({});
  say({ port: (http.address() as AddressInfo).port });
});
