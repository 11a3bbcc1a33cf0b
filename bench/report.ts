import type { Climb, Tried } from './ramp.js';
import { fanOutServers, type SystemName } from './system.js';

export interface Run extends Climb {
  readonly round: number;
  readonly system: SystemName;
}

type Column = readonly [title: string, width: number, cell: (step: Tried) => string | number];

const columns: readonly Column[] = [
  ['offered/s', 10, ({ offered }) => offered],
  ['delivered/s', 12, ({ deliveries }) => deliveries],
  ['p50 ms', 8, ({ p50 }) => p50.toFixed(1)],
  ['p99 ms', 8, ({ p99 }) => p99.toFixed(1)],
  ['gateway', 8, ({ gateway }) => percent(gateway)],
  ['per CPU-s', 10, ({ perGatewaySecond }) => perGatewaySecond],
  ['generator', 10, ({ generator }) => percent(generator)],
  ['publisher', 10, ({ publisher }) => percent(publisher)],
  ['core 1', 7, ({ restCore }) => percent(restCore)],
  ['others', 7, ({ otherOnGatewayCore }) => percent(otherOnGatewayCore)],
  ['missing', 8, ({ missing }) => missing],
  ['lost', 5, ({ lost }) => lost],
  ['doubled', 8, ({ doubled }) => doubled],
];

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const heading = columns.map(([title, width]) => title.padStart(width)).join(' ');
export const lineOf = (step: Tried): string =>
  `${columns.map(([, width, cell]) => String(cell(step)).padStart(width)).join(' ')}${step.failed ? `  ${step.failed}` : ''}`;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [lower, upper] = sorted.length % 2 === 1 ? [middle, middle] : [middle - 1, middle];
  return ((sorted[lower] ?? NaN) + (sorted[upper] ?? NaN)) / 2;
};

/** The keys of a step that are numbers. */
type Measured = { [Key in keyof Tried]: Tried[Key] extends number ? Key : never }[keyof Tried];
type Figures = ReturnType<typeof figuresOf>;

const figuresOf = (bests: readonly Tried[]) => {
  const all = (key: Measured): number[] => bests.map((best) => best[key]);
  const deliveries = all('deliveries');
  return {
    runs: bests.length,
    deliveries: Math.round(median(deliveries)),
    min: Math.min(...deliveries),
    max: Math.max(...deliveries),
    p50: median(all('p50')),
    p99: median(all('p99')),
    gateway: median(all('gateway')),
    perGatewaySecond: Math.round(median(all('perGatewaySecond'))),
    frameBytes: median(all('frameBytes')),
    others: median(all('otherOnGatewayCore')),
  };
};

const sentenceOf = (name: string, figures: Figures, endedBy: readonly string[]): string =>
  [
    `${name}: ${figures.deliveries} deliveries/s (median of ${figures.runs}, ${figures.min} to ${figures.max})`,
    `p50 ${figures.p50.toFixed(1)} ms, p99 ${figures.p99.toFixed(1)} ms`,
    `gateway ${percent(figures.gateway)} of its core, ${figures.perGatewaySecond} a CPU-second`,
    `others took ${percent(figures.others)} of that core`,
    `frames of ${figures.frameBytes} bytes`,
    `ramp ended by: ${endedBy.join(', ')}`,
  ].join('; ');

/** p50 and p99 of both where Socket.IO was at its best: Parley's first step at that rate or above, round by round. */
const sameRateOf = (runs: readonly Run[]) => {
  const pairs: { theirs: Tried; ours: Tried }[] = [];
  for (const { round, system, best } of runs) {
    if (system !== 'socket.io' || best === null) continue;
    const own = runs.find((run) => run.system === 'parley' && run.round === round);
    const step = own?.steps.find(({ offered }) => offered >= best.offered);
    if (step) pairs.push({ theirs: best, ours: step });
  }
  if (pairs.length === 0) return null;
  const medianOf = (whose: 'theirs' | 'ours', key: Measured): number => median(pairs.map((pair) => pair[whose][key]));
  const both = (whose: 'theirs' | 'ours') => ({
    offered: medianOf(whose, 'offered'),
    p50: medianOf(whose, 'p50'),
    p99: medianOf(whose, 'p99'),
    gateway: medianOf(whose, 'gateway'),
  });
  const p99Ratio = Number(median(pairs.map(({ theirs, ours }) => ours.p99 / theirs.p99)).toFixed(3));
  return { 'socket.io': both('theirs'), parley: both('ours'), p99Ratio };
};

const sameRateSentence = (sameRate: NonNullable<ReturnType<typeof sameRateOf>>): string =>
  [
    `at Socket.IO's best rate: ${(['socket.io', 'parley'] as const)
      .map((name) => {
        const { offered, p50, p99, gateway } = sameRate[name];
        return `${name} ${offered}/s p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms, ${percent(gateway)} of its core`;
      })
      .join('; ')}`,
    `Parley's p99 is ${sameRate.p99Ratio} of Socket.IO's`,
  ].join('; ');

/** Medians over the rounds and their ratio; `complete` when every ramp had a step that counts. */
export const summaryOf = (runs: readonly Run[], { systems }: { readonly systems: readonly SystemName[] }) => {
  const figures: Partial<Record<SystemName, Figures>> = {};
  const lines: string[] = [];
  for (const name of systems) {
    const mine = runs.filter(({ system }) => system === name);
    const bests = mine.map(({ best }) => best).filter((best) => best !== null);
    if (bests.length === 0) lines.push(`${name}: no step counted`);
    else {
      figures[name] = figuresOf(bests);
      lines.push(sentenceOf(name, figuresOf(bests), [...new Set(mine.map(({ endedBy }) => endedBy))]));
    }
  }
  const own = figures.parley;
  for (const name of fanOutServers) {
    const other = figures[name];
    if (!own || !other) continue;
    const perSecond = (own.perGatewaySecond / other.perGatewaySecond).toFixed(2);
    lines.push(
      `ratio: ${(own.deliveries / other.deliveries).toFixed(2)} × ${name}, ${perSecond} × for each CPU-second`,
    );
  }
  const [theirs, ours] = [figures['socket.io'], figures.parley];
  const ratio = theirs && ours ? Number((ours.deliveries / theirs.deliveries).toFixed(2)) : null;
  if (ratio !== null) lines.push(`ratio: ${ratio} × Socket.IO's deliveries a second (floor 40, aim 80)`);
  const sameRate = sameRateOf(runs);
  if (sameRate) lines.push(sameRateSentence(sameRate));
  return { figures, ratio, sameRate, complete: runs.every(({ best }) => best !== null), text: lines.join('\n') };
};
