// The tests that `npm test` leaves out because they take long: that wait for the end of a killed gateway's lease or for a frozen tab, and the
// examples on two of everything. They run with the others of their files, one file after the other.
import { basename } from 'node:path';
import { prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions } from './proof/options.js';
import { failureOf, runTests } from './proof/run-tests.js';

readOptions({});

/** Each with the form of the platform on which it runs. */
const files = [
  ['test/journeys/presence-outages.int.test.ts', 'standalone'],
  ['test/sdk/two-tabs.int.test.ts', 'standalone'],
  ['test/journeys/examples.int.test.ts', 'stack-twice'],
] as const;

await prove(
  async () => {
    for (const [file, form] of files) {
      const results = await runTests([file], { PARLEY_TEST_SLOW: 'true', PARLEY_TEST_FORMS: form });
      const tests = results.flatMap(({ assertionResults }) => assertionResults);
      const failed = tests.filter(({ status }) => status === 'failed');
      for (const test of failed) console.log(`    ${failureOf(test)}`);
      for (const { status, message } of results)
        if (status === 'failed' && tests.length === 0) console.log(`    ${message}`);
      figure(`${basename(file)}: tests that hold`, tests.filter(({ status }) => status === 'passed').length);
      check(
        `${basename(file)}: none fails, none is left out`,
        tests.length > 0 && tests.every(({ status }) => status === 'passed'),
      );
    }
  },
  { withinMs: 300_000 },
);
finish();
