// The part of docs/performance.md that is made from raw files, and its plots.
import { forms, isForm } from '../targets/target.js';
import type { Row, Spread } from '../workloads/summary.js';
import type { Machine, Series } from './measured.js';
import { type Bar, barPlot, figureOf } from './plot.js';

const from = '<!-- npm run bench -- report writes what follows -->';
const to = '<!-- npm run bench -- report wrote what precedes -->';

/** Puts the text in the place of what an earlier report wrote. Throws when the page has no such place. */
export const replacePart = (page: string, text: string): string => {
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error('The page has no place for a report: it needs its two comments.');
  return `${page.slice(0, start + from.length)}\n\n${text.trim()}\n\n${page.slice(end)}`;
};

/** `plotFolder`: where the page finds its plots. */
export const partOf = (all: readonly Series[], plotFolder: string): string =>
  [machineText(all), ...all.map((series) => sectionOf(series, plotFolder))].join('\n\n');

/** By name of the file. */
export const plotsOf = (all: readonly Series[]): ReadonlyMap<string, string> =>
  new Map(all.map((series) => [plotName(series), plotOf(series)]));

const plotName = ({ workload }: Series): string => `${workload}.svg`;

const machineText = (all: readonly Series[]): string => {
  const machines = all.flatMap(({ machines: own }) => own);
  const of = (text: (machine: Machine) => string): string => [...new Set(machines.map(text))].join(' and ');
  const loads = machines.map(({ loadAtStart = 0 }) => loadAtStart);
  const versions = Object.assign({}, ...all.map((series) => series.versions)) as Series['versions'];
  return [
    `Measured on ${of(({ cores, cpu, memoryGb }) => `${cores} cores of ${cpu ?? 'an unknown processor'} with ${memoryGb} GiB`)},`,
    `Linux ${of(({ kernel }) => kernel)}, Node ${of(({ node }) => node)}; load at the start of a series ${figureOf(Math.min(...loads))} to ${figureOf(Math.max(...loads))}.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '`parley` is a process for each service with NATS and Redis; `parley-one` is all of it in one process.',
    'Medians, with minimum and maximum; a ratio is the median of the ratios of single rounds.',
  ].join('\n');
};

const sectionOf = (series: Series, plotFolder: string): string => {
  const { workload, title, unit, quick, rows } = series;
  const head = [
    'what',
    'system',
    'rounds',
    unit,
    'Parley, relative',
    'parley-one, relative',
    'p50 / p99 ms',
    'CPU each',
    'remarks',
  ];
  return [
    `### ${workload}: ${title}`,
    ...(quick ? ['A smoke check (`--quick`): its figures say little.'] : []),
    `![${workload}](${plotFolder}/${plotName(series)})`,
    tableOf([head, ...rows.map(cellsOf)]),
  ].join('\n\n');
};

/** Aligned, as the formatter of this repository wants it. */
const tableOf = ([head = [], ...rows]: readonly (readonly string[])[]): string => {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((cells) => cells[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
};

const cellsOf = (row: Row): string[] => {
  const { variant, target, rounds, value, ratios, p50, p99, cpuMsEach, notes, failed } = row;
  const remarks = [...notes, ...new Set(failed.map((failure) => `failed: ${failure}`))].join('; ');
  return [
    variant,
    target,
    String(rounds),
    spreadText(value),
    ...forms.map((form) => spreadText(ratios[form] ?? null)),
    p50 && p99 ? `${figureOf(p50.median)} / ${figureOf(p99.median)}` : '–',
    cpuMsEach ? `${figureOf(cpuMsEach.median)} ms` : '–',
    remarks.replaceAll('|', '\\|'),
  ];
};

const spreadText = (spread: Spread | null): string => {
  if (spread === null) return '–';
  const { median, min, max } = spread;
  return min === max ? figureOf(median) : `${figureOf(median)} (${figureOf(min)} to ${figureOf(max)})`;
};

const plotOf = ({ workload, unit, lowerIsBetter, rows }: Series): string => {
  const variants = new Set(rows.map(({ variant }) => variant));
  const bars = rows.map(({ variant, target, value, failed }): Bar => ({
    label: variants.size > 1 ? `${target}, ${variant}` : target,
    value: value?.median ?? null,
    ...(value && { min: value.min, max: value.max }),
    ...(value === null && { note: failed[0] ?? 'no figure' }),
    isOurs: isForm(target),
  }));
  return barPlot(`${workload}${lowerIsBetter ? ', less is better' : ''}`, unit, bars);
};
