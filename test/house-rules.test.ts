// Our own rules of the linter say no where they should.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linter } from 'eslint';
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
