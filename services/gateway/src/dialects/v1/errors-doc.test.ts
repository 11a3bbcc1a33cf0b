import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { faultCodes } from '@parley/contracts';
import { expect, test } from 'vitest';
import { closeCodeOf, closeTable, faultTable } from './fault-table.js';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const page = readFileSync(`${root}docs/errors.md`, 'utf8');

// Sections of the page by code, each with its reasons.
const documented = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [
      section.slice(0, section.indexOf('\n')),
      new Set([...section.matchAll(/<a id="([a-z_]+)">/g)].map((match) => match[1])),
    ]),
);

const literal = /new (?:Fault|EdgeFault|ParleyError)\(\s*'([a-z_]+)',\s*'([a-z_]+)'/g;
const missing = /notFound\('([a-z]+)'\)/g;

const reasonsOf = (source: string): [code: string, reason: string][] => [
  ...[...source.matchAll(literal)].map(([, code = '', reason = '']): [string, string] => [code, reason]),
  ...[...source.matchAll(missing)].map(([, noun = '']): [string, string] => ['not_found', `${noun}_not_found`]),
];

const sources = (folder: string): string[] =>
  readdirSync(`${root}${folder}`)
    .map((name) => `${root}${folder}/${name}/src`)
    .filter((source) => existsSync(source))
    .flatMap((source) => readdirSync(source, { recursive: true, encoding: 'utf8' }).map((file) => `${source}/${file}`))
    .filter((file) => file.endsWith('.ts') && !/\.(test|suite)\.ts$|\/src\/testing\//.test(file));

test('docs/errors.md explains every reason that the source gives', () => {
  const unexplained = new Set<string>();
  for (const folder of ['libs', 'services']) {
    for (const file of sources(folder)) {
      for (const [code, reason] of reasonsOf(readFileSync(file, 'utf8'))) {
        if (!documented.get(code)?.has(reason)) unexplained.add(`${code} ${reason} (${file.slice(root.length)})`);
      }
    }
  }
  expect([...unexplained]).toEqual([]);
});

test('docs/errors.md has a section for each code, with the numbers of the table', () => {
  expect([...documented.keys()].sort()).toEqual([...faultCodes].sort());
  for (const code of faultCodes) {
    const { status, rpc, close } = faultTable[code];
    const row = page.split('\n').find((line) => line.startsWith(`| [\`${code}\`]`)) ?? '';
    expect(row.split('|').slice(2, 5).map(Number)).toEqual([status, rpc, close]);
  }
});

test('docs/protocol-v1.md says of each close code what the table says, and there is no other code', () => {
  const protocol = readFileSync(`${root}docs/protocol-v1.md`, 'utf8');
  const rows = protocol
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, code = '']) => /^\d{4}$/.test(code));
  expect(rows.map(([, code, when, client]) => [Number(code), { when, client }])).toEqual(
    Object.entries(closeTable).map(([code, row]) => [Number(code), row]),
  );
  const reasons = ['authentication_timeout', 'too_large', 'restarting', 'any_other'];
  const used = faultCodes.flatMap((code) => reasons.map((reason) => closeCodeOf({ code, reason })));
  expect([...new Set(used)].sort()).toEqual(Object.keys(closeTable).map(Number));
});
