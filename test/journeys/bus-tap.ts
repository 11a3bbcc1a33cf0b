import { once } from 'node:events';
import { connect } from 'node:net';

export interface BusMessage {
  readonly subject: string;
  /** Where its answer goes, if it asks for one. */
  readonly replyTo: string | undefined;
  /** Headers and payload, byte for byte. */
  readonly text: string;
}

/** Hears everything that is published on a NATS; speaks its few words itself. */
export interface BusTap extends Disposable {
  readonly subjects: ReadonlySet<string>;
}

export const tapBus = async (natsUrl: string, receive?: (message: BusMessage) => void): Promise<BusTap> => {
  const { hostname, port, username: user, password: pass } = new URL(natsUrl);
  const socket = connect(Number(port), hostname);
  const subjects = new Set<string>();
  let rest = '';
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const [word = '', subject = '', ...others] = rest.slice(0, end).split(' ');
      const payload = /^H?MSG$/.test(word) ? Number(others.at(-1)) + 2 : 0;
      if (rest.length < end + 2 + payload) return;
      const text = rest.slice(end + 2, end + payload);
      rest = rest.slice(end + 2 + payload);
      if (payload > 0) {
        subjects.add(subject);
        // MSG <subject> <sid> [reply-to] <bytes>; HMSG has two numbers at its end.
        receive?.({ subject, replyTo: others.length > (word === 'HMSG' ? 3 : 2) ? others[1] : undefined, text });
      }
      if (word === 'PING') socket.write('PONG\r\n');
      if (word === 'PONG') ready();
    }
  });
  await once(socket, 'connect');
  const options = { verbose: false, headers: true, no_responders: true, ...(user && { user, pass }) };
  socket.write(`CONNECT ${JSON.stringify(options)}\r\nSUB > 1\r\nPING\r\n`);
  await isReady;
  return { subjects, [Symbol.dispose]: () => socket.destroy() };
};
