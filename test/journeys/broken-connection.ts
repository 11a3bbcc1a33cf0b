import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Which way bytes go: to the server, or back to the client. */
export type Direction = 'requests' | 'answers';

/** A TCP proxy in front of a server, with the faults of networks. Faults also concern connections that are made later. */
export interface BrokenConnection extends AsyncDisposable {
  readonly url: string;
  /** How many connections there were. */
  readonly travelled: number;
  /** Ends every connection, and whatever was under way with it. */
  cut(): void;
  /** Nothing passes any more, and neither side learns of it; both ways unless one is named. */
  hold(...directions: Direction[]): void;
  /** What was held passes, and all that follows. */
  release(): void;
  /** The server is gone without closing connections: clients still see them open. */
  loseServer(): void;
  /** The next answer passes by half, then its connection ends. */
  cutInAnswer(): void;
}

interface Flow {
  readonly near: Socket;
  readonly far: Socket;
}

const sourceOf = ({ near, far }: Flow, direction: Direction): Socket => (direction === 'requests' ? near : far);
const directions: readonly Direction[] = ['requests', 'answers'];

export const breakConnection = async (url: string): Promise<BrokenConnection> => {
  const { hostname, port } = new URL(url);
  const flows = new Set<Flow>();
  const held = new Set<Direction>();
  const lost = new Set<Socket>();
  let travelled = 0;
  let isCutting = false;

  const end = ({ near, far }: Flow): void => {
    near.destroy();
    far.destroy();
  };
  const pass = (flow: Flow, direction: Direction, bytes: Buffer): void => {
    const [from, to] = direction === 'requests' ? [flow.near, flow.far] : [flow.far, flow.near];
    if (direction === 'answers' && isCutting) {
      isCutting = false;
      to.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => end(flow));
    } else if (!to.write(bytes)) {
      from.pause();
      to.once('drain', () => held.has(direction) || from.resume());
    }
  };
  const begin = (flow: Flow, direction: Direction): void => {
    const from = sourceOf(flow, direction);
    from.on('data', (bytes: Buffer) => pass(flow, direction, bytes));
    if (held.has(direction)) from.pause();
  };

  const server = createServer((near) => {
    travelled += 1;
    const flow = { near, far: connect(Number(port), hostname) };
    flows.add(flow);
    // A cut ends both halves; that it was an error for one of them is the point.
    for (const socket of [near, flow.far]) socket.on('error', () => undefined);
    near.on('close', () => {
      flows.delete(flow);
      flow.far.destroy();
    });
    // A connection whose server was lost stays open for its client.
    flow.far.on('close', () => flows.has(flow) && near.destroy());
    for (const direction of directions) begin(flow, direction);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    for (const flow of [...flows]) end(flow);
    for (const near of lost) near.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get travelled() {
      return travelled;
    },
    cut,
    hold(...named) {
      for (const direction of named.length > 0 ? named : directions) {
        held.add(direction);
        for (const flow of flows) sourceOf(flow, direction).pause();
      }
    },
    release() {
      for (const direction of held) for (const flow of flows) sourceOf(flow, direction).resume();
      held.clear();
    },
    loseServer() {
      for (const flow of [...flows]) {
        flows.delete(flow);
        lost.add(flow.near);
        flow.far.destroy();
      }
    },
    cutInAnswer() {
      isCutting = true;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
};
