import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A road to a server that can be cut: whoever is on it loses the connection, and whatever was under way with it. */
export interface BrokenRoad extends AsyncDisposable {
  readonly url: string;
  readonly travelled: number;
  cut(): void;
}

export const breakRoad = async (url: string): Promise<BrokenRoad> => {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let travelled = 0;
  const keep = (socket: Socket): void => {
    open.add(socket);
    // A cut ends both halves; that it was an error for one of them is the point.
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const server = createServer((near) => {
    travelled += 1;
    const far = connect(Number(port), hostname);
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get travelled() {
      return travelled;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
};
