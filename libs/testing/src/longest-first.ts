import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that run for most of a minute, or wait for processes, longest first. One of them that starts last keeps the run waiting while the
 * other processes have nothing left. Vitest orders by what the last run took, and knows nothing of that in a new working copy.
 */
const longest = [
  'test/regression/clocks.int.test.ts',
  'test/regression/late-stores.int.test.ts',
  'test/sdk/install.int.test.ts',
  'test/command-line.test.ts',
  'test/compose-database.int.test.ts',
  'test/regression/standalone-ends.int.test.ts',
  'test/regression/bad-starts.int.test.ts',
  'test/regression/terminal.int.test.ts',
  'test/sdk/network-faults.int.test.ts',
  'test/sdk/refused-connections.int.test.ts',
  'test/sdk/channels.int.test.ts',
  'test/app/installed.int.test.ts',
  'test/app/everyday.int.test.ts',
  'test/app/two-people.int.test.ts',
  'services/gateway/src/peers/peers.int.test.ts',
  'test/journeys/examples.int.test.ts',
  'test/journeys/across-dialects.int.test.ts',
  'test/journeys/presence-outages.int.test.ts',
  'test/journeys/v1-killed-gateway.int.test.ts',
  'test/journeys/swifty-killed-gateway.int.test.ts',
  'test/journeys/metrics.int.test.ts',
  'test/journeys/one-trace.int.test.ts',
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
