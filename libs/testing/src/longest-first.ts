import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that run for most of a minute, or wait for processes, about longest first; those that wait for time are between those that work. One of
 * them that starts last keeps the run waiting while the other processes have nothing left. Vitest orders by what the last run took, and knows
 * nothing of that in a new working copy.
 */
const longest = [
  'services/gateway/src/presence/presence.int.test.ts',
  'test/regression/clocks.slow.int.test.ts',
  'test/regression/late-stores.slow.int.test.ts',
  'test/sdk/install.slow.int.test.ts',
  'test/sdk/channels.int.test.ts',
  'test/command-line.test.ts',
  'test/compose-database.slow.int.test.ts',
  'services/gateway/src/peers/peers.int.test.ts',
  'test/regression/standalone-ends.slow.int.test.ts',
  'test/regression/bad-starts.slow.int.test.ts',
  'libs/bus/src/nats-tls.int.test.ts',
  'test/regression/terminal.slow.int.test.ts',
  'test/app/installed.int.test.ts',
  'test/app/everyday.int.test.ts',
  'libs/postgres/src/deadlines.int.test.ts',
  'test/app/two-people.int.test.ts',
  'test/journeys/across-dialects.int.test.ts',
  'test/journeys/examples.slow.int.test.ts',
  'services/gateway/src/presence/presence-cluster.int.test.ts',
  'test/journeys/v1-presence.int.test.ts',
  'test/journeys/v1-chat.int.test.ts',
  'test/sdk/refused-connections.int.test.ts',
  'test/journeys/mesh-socket.int.test.ts',
  'test/journeys/old-clients.int.test.ts',
  'libs/bus/src/nats-lost.int.test.ts',
  'test/sdk/network-faults.int.test.ts',
  'test/journeys/presence-outages.slow.int.test.ts',
  'test/journeys/v1-killed-gateway.slow.int.test.ts',
  'test/journeys/swifty-killed-gateway.slow.int.test.ts',
  'services/gateway/src/presence/presence-subscriptions.int.test.ts',
  'test/journeys/metrics.slow.int.test.ts',
  'test/journeys/one-trace.int.test.ts',
  'test/regression/stopping.slow.int.test.ts',
  'services/gateway/src/broadcast/slow-consumers.int.test.ts',
  'test/sdk/jumps.int.test.ts',
  'test/sdk/token-ends.int.test.ts',
];

/** The longest files first, the others in vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
      return place < 0 ? longest.length : place;
    };
    return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}
