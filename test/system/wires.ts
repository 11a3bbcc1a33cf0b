// Every journey of every wire on the stack with two of everything: row by row of what each old server promised, across two gateways.
// Ends with 0 when all hold; prints which failed, and why.
import { basename } from 'node:path';
import { prove } from './proof/cleanup.js';
import { check, figure, finish, list } from './proof/figures.js';
import { readOptions } from './proof/options.js';
import { failureOf, type FileResult, runTests } from './proof/run-tests.js';

const { positionals } = readOptions({}, ['journey…']);

const form = 'stack-twice';
const wires = ['v1', 'rooms', 'conversations', 'fluent', 'mesh', 'swifty'];
const across = 'across wires';

const wireOf = ({ name }: FileResult): string =>
  wires.find((wire) => new RegExp(`^${wire}[.-]`).test(basename(name))) ?? across;

const reportWire = (name: string, files: readonly FileResult[]): void => {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  if (tests.length === 0) return;
  const failed = tests.filter(({ status }) => status === 'failed');
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  const others = skipped.length > 0 ? `, ${skipped.length} not for this form` : '';
  figure(`${name}: tests`, `${tests.length - failed.length - skipped.length} hold${others}`);
  for (const test of failed) console.log(`    ${failureOf(test)}`);
  check(`${name}: none fails`, failed.length === 0);
};

await prove(
  async () => {
    const some = positionals.map((name) => `test/journeys/${name}`);
    const files = await runTests(some.length > 0 ? some : ['test/journeys'], { PARLEY_TEST_FORMS: form });
    for (const wire of [...wires, across])
      reportWire(
        wire,
        files.filter((file) => wireOf(file) === wire),
      );
    // A file that does not load has no tests that could fail.
    const broken = files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
    check(`every file is read: ${broken.length} are not`, broken.length === 0);
    list(broken.map(({ name, message }) => `${basename(name)} ${message}`));
    const names = files.flatMap(({ assertionResults }) => assertionResults).map(({ fullName }) => fullName);
    // Journeys about settings have a process of their own, and name no form.
    check(
      `on ${form}, but for journeys about settings`,
      names.some((name) => name.includes(form)) && !names.some((name) => /\((standalone|stack)\)/.test(name)),
    );
  },
  { withinMs: 560_000 },
);
finish();
