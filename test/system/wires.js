// Every journey of every wire, told on the stack with two of everything: row by row of what each old server promised, across two
// gateways. Ends with 0 when all hold; which failed is printed with why.
import { basename } from 'node:path';
import { prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { runTests } from './proof/vitest.js';
import { readOptions } from './proof/options.js';

const { positionals } = readOptions({}, ['journey…']);

const form = 'stack-twice';
const wires = ['v1', 'rooms', 'conversations', 'fluent', 'mesh', 'swifty'];

/** Whose tests a file holds; what is about several is told apart by its story. */
const wireOf = (file) => wires.find((wire) => new RegExp(`^${wire}[.-]`).test(basename(file))) ?? 'across wires';

/** Runs vitest with that form only and gives back its report. */
const journeys = (filters) => {
  const some = filters.map((name) => `test/journeys/${name}`);
  return runTests(some.length > 0 ? some : ['test/journeys'], { PARLEY_TEST_FORMS: form });
};

const shown = ({ fullName, failureMessages }) => `${fullName}\n      ${failureMessages.join('\n').split('\n')[0]}`;

await prove(
  async () => {
    const files = await journeys(positionals);
    const groups = new Map([...wires, 'across wires'].map((name) => [name, []]));
    for (const { name, assertionResults } of files) groups.get(wireOf(name)).push(...assertionResults);
    for (const [name, tests] of groups) {
      if (tests.length === 0) continue;
      const failed = tests.filter(({ status }) => status === 'failed');
      const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
      const left = skipped.length > 0 ? `, ${skipped.length} not for this form` : '';
      figure(`${name}: tests`, `${tests.length - failed.length - skipped.length} hold${left}`);
      for (const test of failed) console.log(`    ${shown(test)}`);
      check(`${name}: none fails`, failed.length === 0);
    }
    // A file that does not load has no tests that could fail.
    const broken = files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
    check(
      `every file is read: ${broken.map(({ name, message }) => `${basename(name)} ${message}`).join()}`,
      broken.length === 0,
    );
    const told = [...groups.values()].flat();
    // Stories about settings have a process of their own, and name no form.
    const otherwise = told.filter(({ fullName }) => /\((standalone|stack)\)/.test(fullName));
    check(
      `told on ${form}, but for stories about settings`,
      told.some(({ fullName }) => fullName.includes(form)) && otherwise.length === 0,
    );
  },
  { withinMs: 560_000 },
);
finish();
