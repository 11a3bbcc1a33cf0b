// npm run mutate: changes what orders, fans out and rotates, one small change at a time, and counts how many changes its unit tests notice.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest, type TestSpecification, type Vitest } from 'vitest/node';
import { end, readCommandLine, unknownName } from './command-line.js';
import { type Mutant, mutantsOf } from './mutants.js';
import { root } from './repository.js';

interface Target {
  readonly file: string;
  readonly tests: readonly string[];
  /** The least share of mutants that the tests kill, in percent; raise it when it rises. */
  readonly atLeast: number;
}

const targets: Readonly<Record<string, Target>> = {
  sequencer: {
    file: 'services/gateway/src/streams/sequencer.ts',
    tests: [
      'services/gateway/src/streams/sequencer.test.ts',
      'services/gateway/src/streams/sequencer-repair.test.ts',
      'services/gateway/src/streams/sequencer.properties.test.ts',
    ],
    atLeast: 91,
  },
  'subscriber-group': {
    file: 'services/gateway/src/broadcast/subscriber-group.ts',
    tests: [
      'services/gateway/src/broadcast/subscriber-group.test.ts',
      'services/gateway/src/broadcast/write-buffer.test.ts',
    ],
    atLeast: 87,
  },
  refresh: {
    file: 'services/auth/src/domain/refresh.ts',
    tests: ['services/auth/src/domain/refresh.test.ts'],
    atLeast: 95,
  },
};

const { positionals } = readCommandLine({
  command: 'npm run mutate --',
  about: `Mutation tests of ${Object.keys(targets).join(', ')}: all of them, or the one that is named.`,
  words: ['name'],
  args: process.argv.slice(2),
});
const [name] = positionals;
if (name !== undefined && targets[name] === undefined) end(1, unknownName('target', name, Object.keys(targets)));

/** What the file under test is replaced with. */
const replaced: { file: string; text: string | null } = { file: '', text: null };

const conditions = ['parley-source', 'node'];

const startVitest = (): Promise<Vitest> =>
  createVitest(
    'test',
    {
      root,
      config: false,
      watch: false,
      bail: 1,
      pool: 'threads',
      maxWorkers: 1,
      isolate: false,
      testTimeout: 30_000,
      include: Object.values(targets).flatMap(({ tests }) => tests),
      setupFiles: [join(root, 'scripts/mutate-setup.ts')],
      reporters: [{}],
      onConsoleLog: () => false,
    },
    {
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      plugins: [
        {
          name: 'mutate',
          enforce: 'pre',
          transform: (_code, id) => (id === replaced.file ? replaced.text : null),
        },
      ],
    },
  );

/** Why the tests fail; none: they pass. */
const failures = async (vitest: Vitest, specifications: TestSpecification[]): Promise<string[]> => {
  vitest.invalidateFile(replaced.file);
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const failed = testModules.flatMap((module) => [
    ...module.errors().map(({ message }) => message),
    ...[...module.children.allTests('failed')].map((each) => `${each.name}: ${each.result().errors?.[0]?.message}`),
  ]);
  if (failed.length === 0 && testModules.some((module) => !module.ok())) failed.push('A test did not pass');
  return [...unhandledErrors.map(String), ...failed];
};

const show = ({ line, before, after }: Mutant): string => {
  const short = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 60);
  return `  line ${line}: ${short(before)} → ${after === ';' ? 'removed' : short(after)}`;
};

/** Whether the tests kill as many mutants as they did when the floor was set. */
const mutate = async (vitest: Vitest, called: string, { file, tests, atLeast }: Target): Promise<boolean> => {
  replaced.file = join(root, file);
  replaced.text = null;
  const all = await vitest.globTestSpecifications();
  const specifications = all.filter(({ moduleId }) => tests.some((test) => moduleId.endsWith(test)));
  const without = await failures(vitest, specifications);
  if (without.length > 0) end(1, `The tests of ${called} fail without a change:\n${without.join('\n')}`);
  const mutants = mutantsOf(readFileSync(replaced.file, 'utf8'));
  const survivors: Mutant[] = [];
  for (const mutant of mutants) {
    replaced.text = mutant.text;
    if ((await failures(vitest, specifications)).length > 0) continue;
    survivors.push(mutant);
    console.log(show(mutant));
  }
  const killed = mutants.length - survivors.length;
  const score = (100 * killed) / mutants.length;
  const holds = score >= atLeast;
  const floor = holds ? '' : `, which is below ${atLeast} %`;
  console.log(`${called}: ${killed} of ${mutants.length} mutants killed, score ${score.toFixed(1)} %${floor}`);
  return holds;
};

const vitest = await startVitest();
let holds = true;
for (const [called, target] of Object.entries(targets))
  if (name === undefined || name === called) holds = (await mutate(vitest, called, target)) && holds;
await vitest.close();
process.exit(holds ? 0 : 1);
