// None of the conflicts (K) between the old wires, none of their weaknesses (W) and nothing that their clients do (C) is lost: each is
// named by the title of a test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const countTo = <T>(most: number, name: (n: number) => T): T[] => Array.from({ length: most }, (_, n) => name(n + 1));

const conflicts = countTo(20, (n) => `K${n}`);
/** By the wire's number: swifty, rooms, mesh, fluent, conversations. */
const weaknesses = [6, 5, 5, 5, 6].flatMap((most, wire) => countTo(most, (n) => `W${wire}.${n}`));
/** What clients of the old servers do and no README says. */
const clientRows = countTo(22, (n) => `C${n}`);
/** Of all five: sockets that outlive their token, and sign-ins without a limit. */
const common = [
  'W*: a socket of an old wire outlives its token',
  'W*: a socket ends with its token',
  'W*: failed sign-ins',
];

const testFiles = ['test', 'services', 'libs'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !/(^|\/)(node_modules|dist)\//.test(file))
    .map((file) => join(root, folder, file)),
);

/** What the tests and groups of tests are called; those of tables come after a table. */
const titles = testFiles
  .filter((file) => file !== fileURLToPath(import.meta.url))
  .flatMap((file) => {
    const source = readFileSync(file, 'utf8');
    return [...source.matchAll(/(?:\b(?:test|describe)\(|\]\)\()\s*(['"`])((?:(?!\1).)+)\1/g)].map(
      ([, , title]) => title ?? '',
    );
  });

test.each([...conflicts, ...weaknesses, ...clientRows])('%s is held by a test that says so', (row) => {
  const named = new RegExp(`(^|[ ,(])${row.replace('.', String.raw`\.`)}(?![\\d.])`);
  expect(titles.filter((title) => named.test(title))).not.toEqual([]);
});

test.each(common)('%s is held by a test that says so', (beginning) => {
  expect(titles.filter((title) => title.startsWith(beginning))).not.toEqual([]);
});
