// Our own rules of the linter say no where they should.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linter } from 'eslint';
import ts from 'typescript';
import { parser } from 'typescript-eslint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { house } from '../scripts/house-rules.js';
import { circlesIn, readImports } from '../scripts/import-graph.js';

const complaints = (rule: string, file: string, code: string): string[] => {
  const linter = new Linter({ cwd: process.cwd() });
  const config = [
    {
      files: ['**/*.ts'],
      plugins: { house },
      rules: { [`house/${rule}`]: 'error' as const },
    },
  ];
  return linter.verify(code, config, { filename: file }).map(({ message }) => message);
};

describe('folders of the gateway import one way', () => {
  test.each([
    ['streams/stream.ts', '../connections/connection.js', 'streams/ does not import connections/'],
    ['broadcast/frames.ts', '../streams/stream.js', 'broadcast/ does not import streams/'],
    ['commands/execute.ts', '../http/app.js', 'commands/ does not import http/'],
    ['dialects/shared/json-stream.ts', '../../streams/stream.js', 'dialects/shared/ does not import streams/'],
  ])('%s does not import %s', (file, target, message) => {
    const code = `import { one } from '${target}';\none();\n`;
    expect(complaints('imports', `services/gateway/src/${file}`, code)).toEqual([expect.stringContaining(message)]);
  });

  test.each([
    ['connections/opening.ts', '../streams/stream.js'],
    ['inbox/delivery-tracker.ts', '../streams/sequencer.js'],
    ['gateway.ts', './http/app.js'],
    ['streams/order.test.ts', '../testing/fixtures.js'],
  ])('%s may import %s', (file, target) => {
    const code = `import { one } from '${target}';\none();\n`;
    expect(complaints('imports', `services/gateway/src/${file}`, code)).toEqual([]);
  });
});

test('the time of day does not measure a duration', () => {
  expect(complaints('time-of-day', 'services/chat/src/committer.ts', 'export const now = Date.now();\n')).toHaveLength(
    1,
  );
});

test('a name with a word that docs/vocabulary.md replaced is refused with its term', () => {
  const code = 'const displacedDoors = 1;\nexport const isDisplaced = displacedDoors;\n';
  expect(complaints('vocabulary', 'services/chat/src/committer.ts', code)[0]).toContain('superseded');
  expect(complaints('vocabulary', 'services/chat/src/committer.ts', 'export const event = 1;\n')).toEqual([]);
});

test('no style sheet has more than 300 lines', () => {
  const folders = ['services/gateway/app/styles', 'services/gateway/public'];
  const sheets = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.css'))
      .map((name) => ({ name, lines: readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').length })),
  );
  expect(sheets.length).toBeGreaterThan(10);
  expect(sheets.filter(({ lines }) => lines > 300)).toEqual([]);
});

describe('a function takes at most eight dependencies', () => {
  /** What the rule says of this code where the linter knows types. */
  const refusals = (code: string): string[] => {
    const file = join(process.cwd(), 'given.ts');
    const host = ts.createCompilerHost({});
    const sources: typeof host = {
      ...host,
      fileExists: (name) => name === file,
      getSourceFile: (name, version) => (name === file ? ts.createSourceFile(name, code, version, true) : undefined),
    };
    const program = ts.createProgram({ rootNames: [file], options: { noLib: true, noResolve: true }, host: sources });
    const rules = { 'house/dependencies': 'error' as const };
    const languageOptions = { parser, parserOptions: { programs: [program] } };
    const config = [{ files: ['**/*.ts'], plugins: { house }, languageOptions, rules }];
    return new Linter({ cwd: process.cwd() }).verify(code, config, { filename: file }).map(({ message }) => message);
  };
  const members = (count: number): string =>
    [...'abcdefghij']
      .slice(0, count)
      .map((name) => `${name}: 1`)
      .join('; ');
  const names = [...'abcdefghi'].join(', ');

  test.each([
    ['an interface', `interface Deps { ${members(9)} }\nexport const make = (it: Deps) => it;`],
    [
      'a composed type',
      `type SendDeps = { ${members(5)} } & { x: 1; y: 1; z: 1; w: 1 };\nexport const make = (it: SendDeps) => it;`,
    ],
    ['a type of another name', `interface Parts { ${members(9)} }\nexport const make = (deps: Parts) => deps;`],
    [
      'what is taken out of an object',
      `interface Parts { ${members(9)} }\nexport const make = ({ ${names} }: Parts) => [${names}];`,
    ],
    [
      'a constructor',
      `interface Deps { ${members(9)} }\nexport class Thing { constructor(private readonly it: Deps) {} }`,
    ],
  ])('%s with nine is refused', (_what, code) => {
    expect(refusals(code)).toEqual([expect.stringMatching(/^9 dependencies/)]);
  });

  test.each([
    ['eight', `interface Deps { ${members(8)} }\nexport const make = (deps: Deps) => deps;`],
    [
      'a part of more',
      `type Pick<T, K extends keyof T> = { [P in K]: T[P] };\ninterface Deps { ${members(9)} }\nexport const make = (deps: Pick<Deps, 'a' | 'b'>) => deps;`,
    ],
    [
      'a thing that is no list of dependencies',
      `interface Account { ${members(10)} }\nexport const make = (it: Account) => it;`,
    ],
  ])('%s is allowed', (_what, code) => {
    expect(refusals(code)).toEqual([]);
  });
});

describe('circles of imports', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-circles-'));
    mkdirSync(join(folder, 'inner'));
    const write = (file: string, ...targets: string[]) =>
      writeFileSync(join(folder, file), targets.map((target) => `import type { X } from '${target}';\n`).join(''));
    write('a.ts', './inner/b.js');
    write('inner/b.ts', '../c.js');
    write('c.ts', './a.js', './d.js');
    write('d.ts');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are found, whatever their length, and what only hangs on them is not blamed', () => {
    expect(circlesIn(readImports(folder)).map((members) => members.sort())).toEqual([['a.ts', 'c.ts', 'inner/b.ts']]);
  });

  test('there is none in any library or service', () => {
    for (const root of ['libs/bus', 'libs/client', 'libs/contracts', 'libs/postgres', 'libs/process', 'libs/runtime'])
      expect(circlesIn(readImports(`${root}/src`))).toEqual([]);
    for (const name of ['auth', 'chat', 'gateway', 'signaling', 'standalone', 'topics'])
      expect(circlesIn(readImports(`services/${name}/src`))).toEqual([]);
    expect(circlesIn(readImports('importer/src'))).toEqual([]);
  });
});
