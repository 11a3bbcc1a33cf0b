// Medians over the rounds with minimum and maximum, and the ratio of each form of Parley to each peer.
import { median } from '../report.js';
import type { FanOutServer } from '../system.js';
import { type FormName, isForm, type TargetName } from '../targets/target.js';
import type { Measured, Workload } from './workload.js';

export interface Result extends Measured {
  readonly round: number;
  readonly target: TargetName;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Ratios = Readonly<Partial<Record<FormName, Spread>>>;

export interface Row {
  readonly variant: string;
  readonly target: TargetName | FanOutServer;
  readonly rounds: number;
  readonly value: Spread | null;
  readonly p50: Spread | null;
  readonly p99: Spread | null;
  /** The value of each form of Parley over this peer's, round by round: what else the machine does hits both of a round. */
  readonly ratios: Ratios;
  /** Milliseconds of all processes of the system for each counted unit. */
  readonly cpuMsEach: Spread | null;
  /** Shares of a core by process, medians. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly failed: readonly string[];
}

const isPresent = <Value>(value: Value | null): value is Value => value !== null;

export const spreadOf = (given: readonly (number | null)[]): Spread | null => {
  const values = given.filter(isPresent);
  if (values.length === 0) return null;
  const rounded = (value: number): number => Number(value.toFixed(2));
  return { median: rounded(median(values)), min: rounded(Math.min(...values)), max: rounded(Math.max(...values)) };
};

/** null where nothing was counted by the second. */
const cpuMsEachOf = ({ value, cpu }: Result): number | null => {
  const shares = Object.entries(cpu).filter(([name]) => name !== 'generator');
  if (!value || shares.length === 0) return null;
  return (shares.reduce((sum, [, share]) => sum + share, 0) * 1000) / value;
};

interface OfRound {
  readonly round: number;
  readonly value: number | null;
}

/** Of each form that was measured in a round of the peer. */
export const ratiosOf = (peer: readonly OfRound[], byForm: ReadonlyMap<FormName, readonly OfRound[]>): Ratios =>
  Object.fromEntries(
    [...byForm].flatMap(([form, own]) => {
      const ratio = spreadOf(
        peer.map(({ round, value }) => {
          const beside = own.find((one) => one.round === round)?.value;
          return beside && value ? beside / value : null;
        }),
      );
      return ratio ? [[form, ratio]] : [];
    }),
  );

const rowOf = (own: readonly Result[], ratios: Ratios): Omit<Row, 'variant' | 'target'> => {
  const processes = [...new Set(own.flatMap(({ cpu }) => Object.keys(cpu)))];
  return {
    rounds: own.length,
    value: spreadOf(own.map(({ value }) => value)),
    p50: spreadOf(own.map(({ p50 }) => p50)),
    p99: spreadOf(own.map(({ p99 }) => p99)),
    ratios,
    cpuMsEach: spreadOf(own.map(cpuMsEachOf)),
    cpu: Object.fromEntries(
      processes.map((name) => [name, spreadOf(own.map(({ cpu }) => cpu[name] ?? null))?.median ?? 0]),
    ),
    notes: [...new Set(own.map(({ note }) => note).filter(isPresent))],
    failed: own.map(({ failed }) => failed).filter(isPresent),
  };
};

/** `complete`: no round of any system failed. */
export const summaryOf = (
  { unit, lowerIsBetter = false }: Pick<Workload, 'unit' | 'lowerIsBetter'>,
  targets: readonly TargetName[],
  results: readonly Result[],
) => {
  const variants = [...new Set(results.map(({ variant }) => variant))];
  const rows = variants.flatMap((variant) => {
    const of = (target: TargetName) => results.filter((one) => one.variant === variant && one.target === target);
    const byForm = new Map(targets.filter(isForm).map((form) => [form, of(form)]));
    return targets.flatMap((target): Row[] => {
      const own = of(target);
      if (own.length === 0) return [];
      const ratios = isForm(target) ? {} : ratiosOf(own, byForm);
      return [{ variant, target, ...rowOf(own, ratios), ...(lowerIsBetter && { cpuMsEach: null }) }];
    });
  });
  const complete = results.length > 0 && results.every(({ failed }) => failed === null);
  return { unit, lowerIsBetter, rows, complete, text: rows.map((row) => lineOf(row, unit)).join('\n') };
};

const spreadText = ({ median: middle, min, max }: Spread): string =>
  min === max ? String(middle) : `${middle} (${min} to ${max})`;

const lineOf = (row: Row, unit: string): string => {
  const cpu = Object.entries(row.cpu).map(([name, share]) => `${name} ${Math.round(share * 100)} %`);
  const { value, p50, p99, ratios, cpuMsEach } = row;
  return [
    `${row.variant}, ${row.target}: ${value ? spreadText(value) : 'no'} ${unit}, ${row.rounds} round(s)`,
    ...(p50 && p99 ? [`p50 ${spreadText(p50)} ms, p99 ${spreadText(p99)} ms`] : []),
    ...Object.entries(ratios).map(([form, ratio]) => `${form} is at ${spreadText(ratio)} of that`),
    ...(cpuMsEach ? [`${spreadText(cpuMsEach)} ms of CPU each`] : []),
    ...(cpu.length === 0 ? [] : [`of a core: ${cpu.join(', ')}`]),
    ...row.notes,
    ...row.failed.map((failed) => `failed: ${failed}`),
  ].join('; ');
};
