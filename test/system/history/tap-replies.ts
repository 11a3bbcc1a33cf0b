// Subscribes to the answers on a NATS, beside their readers, and keeps the size of the largest one.
import { once } from 'node:events';
import { connect } from 'node:net';

export interface ReplyTap {
  /** Bytes of the largest answer. */
  readonly largest: number;
  readonly count: number;
  stop(): void;
}

export const tapReplies = async (natsUrl: string): Promise<ReplyTap> => {
  const { hostname, port, username: user, password: pass } = new URL(natsUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const options = { verbose: false, headers: true, no_responders: true, ...(user && { user, pass }) };
  socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB _INBOX.> 1\r\n`);
  const tap = { largest: 0, count: 0, stop: () => void socket.destroy() };
  let [head, skip]: [Buffer, number] = [Buffer.alloc(0), 0];
  socket.on('data', (chunk: Buffer) => {
    // Payloads are counted, not kept.
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    head = Buffer.concat([head, chunk.subarray(skipped)]);
    for (let end = head.indexOf('\r\n'); end >= 0; end = head.indexOf('\r\n')) {
      const [word = '', ...others] = head.subarray(0, end).toString('latin1').split(' ');
      head = head.subarray(end + 2);
      if (word === 'PING') socket.write('PONG\r\n');
      if (!/^H?MSG$/.test(word)) continue;
      const bytes = Number(others.at(-1));
      tap.count += 1;
      tap.largest = Math.max(tap.largest, bytes);
      const inHand = Math.min(bytes + 2, head.length);
      head = head.subarray(inHand);
      skip = bytes + 2 - inHand;
    }
  });
  return tap;
};
