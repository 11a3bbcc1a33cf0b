// Publishes over one TCP connection to a server whose frame of a message is always the same but for its text. Arguments: the port, the
// bytes of a text, what surrounds each text, then pairs of what is written first and what has to be in the answer (all hexadecimal).
import { once } from 'node:events';
import { connect } from 'node:net';
import { publishAtPace, textOf } from '../pace.js';

const [port, bytes, before = '', after = '', ...exchanges] = process.argv.slice(2);
const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');
const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
await once(socket, 'connect');
for (let at = 0; at < exchanges.length; at += 2) {
  const [write = '', answer = ''] = exchanges.slice(at);
  socket.write(bytesOf(write));
  let received = Buffer.alloc(0);
  while (!received.includes(bytesOf(answer))) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
  }
}
// Answers are read, so that the server can go on writing them.
socket.resume();
socket.on('close', () => process.exit(1));

const [head, tail] = [bytesOf(before), bytesOf(after)];
let isCorked = false;
publishAtPace((sequence) => {
  // What one turn publishes is one write.
  if (!isCorked) {
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  }
  socket.write(Buffer.concat([head, Buffer.from(textOf(sequence, Number(bytes))), tail]));
});
