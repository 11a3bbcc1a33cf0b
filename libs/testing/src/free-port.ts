import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

// Below the range of ephemeral ports: otherwise a client could get the port of a server while the server is down.
const portsFrom = 20_000;
const portsMax = 12_000;

/** Parallel processes begin at different ports, so that they seldom try one that is reserved. */
const portsApart = 61;
let tried = 0;

/**
 * A TCP port of the loopback interface for a server that starts later and may be stopped and started again. It is returned once: no
 * other call gets it, in this process or another, until this process has ended.
 */
export const freePort = async (): Promise<number> => {
  while (tried < portsMax) {
    const port = portsFrom + ((process.pid * portsApart + tried++) % portsMax);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`No free port between ${portsFrom} and ${portsFrom + portsMax}.`);
};

/** A bound UDP socket marks the number as taken. Nothing is sent over it; the kernel closes it when this process ends in any way. */
const reserve = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const mark = createSocket('udp4');
    mark.once('error', () => resolve(false));
    mark.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      mark.unref();
      resolve(true);
    });
  });

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
