import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../workloads/summary.js';
import { violationsOf } from './floors.js';
import { readSeries } from './measured.js';
import { partOf, plotsOf, replacePart } from './page.js';
import { barPlot } from './plot.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = { node: 'v20', cpu: 'a <fast> one', cores: 2, memoryGb: 24, kernel: '6', loadAtStart: 0.5 };
const result = (given: Partial<Result>): Result => ({
  ...{ round: 0, target: 'parley', variant: '1 in flight', value: 300, p50: 1, p99: 20, failed: null, note: null },
  ...{ cpu: { server: 0.3 }, raw: null },
  ...given,
});
const peer = (given: Partial<Result>) => result({ target: 'socket.io-insert', value: 100, ...given });

const write = (name: string, results: readonly Result[], quick = false): string => {
  const file = join(folder, name);
  const summary = { unit: 'acknowledged/s', lowerIsBetter: false };
  const raw = { workload: 'W4', title: 'sends', machine, versions: { ws: '8' }, options: { quick, systems: [] } };
  writeFileSync(file, JSON.stringify({ ...raw, summary, results }));
  return file;
};

const floor = { workload: 'W4', beside: 'socket.io-insert', of: 'value', least: 2 } as const;
const p99 = { workload: 'W4', beside: 'socket.io-insert', of: 'p99', most: 1 } as const;

test('two files of one workload are one series of their rounds', () => {
  const files = [
    write('a.json', [result({}), peer({})]),
    write('b.json', [result({ value: 500 }), peer({}), result({ round: 1, value: 700 }), peer({ round: 1 })]),
  ];
  const [series, ...others] = readSeries(files);
  expect(others).toEqual([]);
  expect(series?.rows[1]).toMatchObject({ rounds: 3, ratios: { parley: { median: 5, min: 3, max: 7 } } });
});

test('a floor holds, or there is a sentence that says by how much it does not', () => {
  const good = readSeries([write('good.json', [result({}), peer({})])]);
  expect(violationsOf(good, [floor, p99])).toEqual([]);
  const slow = readSeries([write('slow.json', [result({ value: 150, p99: 30 }), peer({})])]);
  expect(violationsOf(slow, [floor, p99])).toEqual([
    'W4: figure of parley beside socket.io-insert is 1.5, at least 2 is wanted.',
    'W4: p99 of parley beside socket.io-insert is 1.5, at most 1 is wanted.',
  ]);
});

test('each form of Parley has floors of its own', () => {
  const results = [result({ value: 150 }), result({ target: 'parley-one', value: 300 }), peer({})];
  const both = readSeries([write('forms.json', results)]);
  expect(violationsOf(both, [{ ...floor, form: 'parley-one' }])).toEqual([]);
  expect(violationsOf(both, [floor])).toHaveLength(1);
});

test('what was not measured, measured quickly, or failed in one round does not hold', () => {
  expect(violationsOf([], [floor])).toEqual(['W4: figure of parley beside socket.io-insert was not measured.']);
  const quick = readSeries([write('quick.json', [result({}), peer({})], true)]);
  expect(violationsOf(quick, [floor])).toEqual(['W4: measured with --quick, which says little.']);
  const lossy = [result({}), peer({}), result({ round: 1, value: null, failed: '3 lost' }), peer({ round: 1 })];
  expect(violationsOf(readSeries([write('lossy.json', lossy)]), [floor])).toEqual([
    'W4, 1 in flight: parley failed: 3 lost.',
  ]);
  const alone = readSeries([write('alone.json', [peer({})])]);
  expect(violationsOf(alone, [floor])).toEqual(['W4: figure of parley beside socket.io-insert has no figure.']);
});

test('a file of something else is named', () => {
  const file = join(folder, 'other.json');
  writeFileSync(file, '{}');
  expect(() => readSeries([file])).toThrow(`${file} was not written by --out of the bench.`);
});

test('a report takes the place of the one before, is formatted as the repository wants it, and leaves the rest of the page', async () => {
  const series = readSeries([write('page.json', [result({}), peer({ note: 'a | b' })])]);
  const [from, to] = [
    '<!-- npm run bench -- report writes what follows -->',
    '<!-- npm run bench -- report wrote what precedes -->',
  ];
  const page = (text: string): string => `# Performance\n\n${from}\n\n${text}\n\n${to}\n\nThe end\n`;
  const made = replacePart(page('what was there'), partOf(series, 'performance'));
  expect(made).toBe(page(partOf(series, 'performance')));
  expect(made).toContain('![W4](performance/W4.svg)');
  expect(made).toMatch(/\| 1 in flight +\| socket.io-insert +\| 1 +\| 100 +\| 3 /);
  expect(await format(made, { parser: 'markdown', printWidth: 120 })).toBe(made);
  expect([...plotsOf(series).keys()]).toEqual(['W4.svg']);
  expect(() => replacePart('# Performance\n', '')).toThrow('no place for a report');
});

test('a plot is as long as its figures, marks ours, says why there is none, and escapes what it shows', () => {
  const svg = barPlot('W4 <sends>', 'a & b', [
    { label: 'parley', value: 200, min: 100, max: 400, isOurs: true },
    { label: 'peer', value: 100 },
    { label: 'third', value: null, note: '3 lost' },
  ]);
  const widths = [...svg.matchAll(/<rect class="([a-z ]+)"[^>]* width="([\d.]+)"/g)].map(([, kind, width]) => [
    kind,
    width,
  ]);
  expect(widths).toEqual([
    ['bar ours', '170'],
    ['bar', '85'],
  ]);
  expect(svg.match(/<line /g)).toHaveLength(1);
  expect(svg).toContain('>3 lost</text>');
  expect(svg).toContain('W4 &lt;sends&gt;');
  expect(svg).toContain('a &amp; b');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg.replace(/<style>[^]*<\/style>/, '')).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
});
