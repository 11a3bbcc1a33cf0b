import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Which way bytes go: to the server, or back to the client. */
export type Direction = 'requests' | 'answers';

/** A TCP proxy in front of a server, with the faults of networks. Faults also concern connections that are made later. */
export interface BrokenRoad extends AsyncDisposable {
  readonly url: string;
  /** How many connections there were. */
  readonly travelled: number;
  /** Ends every connection, and whatever was under way with it. */
  cut(): void;
  /** Nothing passes any more, and neither side learns of it; both ways unless one is named. */
  hold(...directions: Direction[]): void;
  /** What was held passes, and all that follows. */
  release(): void;
  /** The server is gone and its clients are not told: their connections stay open, and nobody is there. */
  loseServer(): void;
  /** The next answer passes by half, then its connection ends. */
  cutInAnswer(): void;
}

interface Lane {
  readonly near: Socket;
  readonly far: Socket;
}

const sourceOf = ({ near, far }: Lane, direction: Direction): Socket => (direction === 'requests' ? near : far);
const directions: readonly Direction[] = ['requests', 'answers'];

export const breakRoad = async (url: string): Promise<BrokenRoad> => {
  const { hostname, port } = new URL(url);
  const lanes = new Set<Lane>();
  const held = new Set<Direction>();
  const lost = new Set<Socket>();
  let travelled = 0;
  let isCutting = false;

  const end = ({ near, far }: Lane): void => {
    near.destroy();
    far.destroy();
  };
  const pass = (lane: Lane, direction: Direction, bytes: Buffer): void => {
    const [from, to] = direction === 'requests' ? [lane.near, lane.far] : [lane.far, lane.near];
    if (direction === 'answers' && isCutting) {
      isCutting = false;
      to.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => end(lane));
    } else if (!to.write(bytes)) {
      from.pause();
      to.once('drain', () => held.has(direction) || from.resume());
    }
  };
  const begin = (lane: Lane, direction: Direction): void => {
    const from = sourceOf(lane, direction);
    from.on('data', (bytes: Buffer) => pass(lane, direction, bytes));
    if (held.has(direction)) from.pause();
  };

  const server = createServer((near) => {
    travelled += 1;
    const lane = { near, far: connect(Number(port), hostname) };
    lanes.add(lane);
    // A cut ends both halves; that it was an error for one of them is the point.
    for (const socket of [near, lane.far]) socket.on('error', () => undefined);
    near.on('close', () => {
      lanes.delete(lane);
      lane.far.destroy();
    });
    // A connection whose server was lost stays open for its client.
    lane.far.on('close', () => lanes.has(lane) && near.destroy());
    for (const direction of directions) begin(lane, direction);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const cut = (): void => {
    for (const lane of [...lanes]) end(lane);
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
        for (const lane of lanes) sourceOf(lane, direction).pause();
      }
    },
    release() {
      for (const direction of held) for (const lane of lanes) sourceOf(lane, direction).resume();
      held.clear();
    },
    loseServer() {
      for (const lane of [...lanes]) {
        lanes.delete(lane);
        lost.add(lane.near);
        lane.far.destroy();
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
