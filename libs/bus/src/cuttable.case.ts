import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A TCP proxy to NATS that can be cut for good, as when a process is killed. */
export const cuttable = async (natsUrl: string): Promise<{ url: string; cut: () => void }> => {
  const sockets = new Set<Socket>();
  const { hostname, port } = new URL(natsUrl);
  const proxy = createServer((socket) => {
    const onward = connect({ host: hostname, port: Number(port) });
    for (const [each, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(each);
      each.pipe(other);
      each.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `nats://127.0.0.1:${(proxy.address() as AddressInfo).port}`, cut };
};
