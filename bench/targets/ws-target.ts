import { startModule } from '../child.js';
import { plainWire } from '../load/plain-wire.js';
import type { Target } from './target.js';

/** The least that a connection costs in Node: it can be opened, and does nothing. */
export const startWsTarget = async (environment: Readonly<Record<string, string>>): Promise<Target> => {
  const server = startModule('ws', './targets/ws-server.js', [], { NODE_ENV: 'production', ...environment });
  const { port } = await server.ask<{ readonly port: number }>();
  return {
    name: 'ws',
    url: `ws://127.0.0.1:${port}`,
    otherUrl: null,
    wire: plainWire,
    processes: new Map([['server', server.pid]]),
    edge: server.pid,
    seat: async ({ clients, members }) => ({
      headers: Array.from({ length: clients }, () => ({})),
      members,
      channelIds: members.map(String),
      joins: false,
    }),
    killEdge: () => server.stop(),
    stored: async () => null,
    stop: () => server.stop(),
  };
};
