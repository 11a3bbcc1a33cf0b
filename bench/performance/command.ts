// npm run bench -- report raw.json … [--check]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, readCommandLine } from '@parley/scripts/command-line';
import { violationsOf } from './floors.js';
import { readSeries } from './measured.js';
import { partOf, plotsOf, replacePart } from './page.js';

const { values, positionals } = readCommandLine({
  command: 'npm run bench -- report',
  about: 'Writes the figures of docs/performance.md and its plots from what --out wrote.',
  words: ['report', 'file…'],
  options: {
    check: { type: 'boolean', default: false, help: 'writes nothing; ends with 1 and a list of what does not hold' },
    docs: { type: 'string', value: '<folder>', default: 'docs', help: 'where performance.md is (docs)' },
  },
});

const plots = 'performance';

const readAll = () => {
  try {
    return readSeries(positionals.slice(1));
  } catch (error) {
    return end(1, (error as Error).message);
  }
};

const series = positionals.length < 2 ? end(1, 'Name at least one file that --out wrote.') : readAll();
if (values.check) {
  const violations = violationsOf(series);
  for (const violation of violations) console.log(violation);
  if (violations.length === 0) console.log('All floors hold.');
  process.exitCode = violations.length === 0 ? 0 : 1;
} else {
  const page = join(values.docs, 'performance.md');
  writeFileSync(page, replacePart(readFileSync(page, 'utf8'), partOf(series, plots)));
  mkdirSync(join(values.docs, plots), { recursive: true });
  for (const [name, plot] of plotsOf(series)) writeFileSync(join(values.docs, plots, name), plot);
  console.log(`${page}, and ${series.length} plots in ${join(values.docs, plots)}`);
}
