// What has to hold, by workload: ratios to a peer of the same rounds, and figures of Parley itself. Where both forms of Parley are measured beside
// a peer that is one process, its form of one process has the floor.
import type { FanOutServer } from '../system.js';
import { type FormName, isForm, type TargetName } from '../targets/target.js';
import type { Series } from './measured.js';

interface Floor {
  readonly workload: string;
  /** Default: `parley`, the form of several processes. */
  readonly form?: FormName;
  /** Default: every variant. */
  readonly variant?: string;
  /** null: the form's own figure. */
  readonly beside: TargetName | FanOutServer | null;
  readonly of: 'value' | 'p99';
  readonly least?: number;
  readonly most?: number;
}

const floors: readonly Floor[] = [
  { workload: 'W1', beside: 'socket.io-memory', of: 'value', least: 40 },
  { workload: 'W1', beside: 'nats', of: 'value', least: 1 },
  { workload: 'W1', beside: 'mosquitto', of: 'value', least: 1 },
  { workload: 'W1', beside: 'centrifugo', of: 'value', least: 1 },
  { workload: 'W1b', beside: 'socket.io-memory', of: 'value', most: 0.5 },
  { workload: 'W2', form: 'parley-one', beside: 'socket.io-memory', of: 'value', least: 1.1 },
  { workload: 'W2', form: 'parley-one', beside: 'socket.io-insert', of: 'value', least: 1.5 },
  { workload: 'W3', form: 'parley-one', beside: 'socket.io-insert', of: 'value', least: 1.5 },
  { workload: 'W3', form: 'parley-one', beside: 'socket.io-memory', of: 'value', least: 0.3 },
  { workload: 'W3s', beside: null, of: 'value', most: 3 },
  { workload: 'W4', form: 'parley-one', variant: '1 in flight', beside: 'socket.io-insert', of: 'value', least: 1.5 },
  { workload: 'W4', form: 'parley-one', variant: '1 in flight', beside: 'socket.io-insert', of: 'p99', most: 1 },
  { workload: 'W4', form: 'parley-one', variant: '4 in flight', beside: 'socket.io-insert', of: 'value', least: 2 },
  // All of its processes share the cores that its peer has for one.
  { workload: 'W4', beside: 'socket.io-insert', of: 'value', least: 1 },
  { workload: 'W4h', form: 'parley-one', variant: '4 in flight', beside: 'socket.io-insert', of: 'value', least: 2.5 },
  { workload: 'W4s', beside: null, of: 'value', most: 3 },
  { workload: 'W5', beside: 'socket.io-memory', of: 'value', least: 1 },
  { workload: 'W5r', variant: '10000 connections', beside: null, of: 'value', most: 8 },
  { workload: 'W6', beside: null, of: 'value', most: 10 * 1_024 },
  { workload: 'W6', beside: 'socket.io-memory', of: 'value', most: 0.6 },
  { workload: 'W7', variant: '5000 connections', beside: null, of: 'value', most: 5 },
  { workload: 'W8', beside: null, of: 'value', most: 1.25 },
  { workload: 'W9', beside: null, of: 'value', least: 1_000 },
];

/** One sentence for each floor that does not hold; a floor that was not measured does not hold either. */
export const violationsOf = (all: readonly Series[], wanted: readonly Floor[] = floors): readonly string[] => [
  ...all.filter(({ quick }) => quick).map(({ workload }) => `${workload}: measured with --quick, which says little.`),
  ...all.flatMap(({ workload, rows }) =>
    rows.flatMap(({ target, variant, failed }) =>
      isForm(target) ? failed.map((failure) => `${workload}, ${variant}: ${target} failed: ${failure}.`) : [],
    ),
  ),
  ...wanted.flatMap((floor) => violationOf(all, floor)),
];

const violationOf = (all: readonly Series[], floor: Floor): string[] => {
  const { workload, variant, form = 'parley', beside, of, least, most } = floor;
  const rows = all.find((series) => series.workload === workload)?.rows ?? [];
  const figures = rows.filter(
    (row) => row.target === (beside ?? form) && (variant === undefined || row.variant === variant),
  );
  const what = `${workload}${variant ? `, ${variant}` : ''}: ${of === 'p99' ? 'p99' : 'figure'} of ${form}${beside ? ` beside ${beside}` : ''}`;
  if (figures.length === 0) return [`${what} was not measured.`];
  return figures.flatMap((row) => {
    const own = rows.find((one) => one.target === form && one.variant === row.variant);
    const ratio = of === 'value' ? row.ratios[form]?.median : ratioOf(own?.p99, row.p99);
    const found = beside === null ? row[of]?.median : ratio;
    if (found === undefined) return [`${what} has no figure.`];
    if (least !== undefined && found < least) return [`${what} is ${found}, at least ${least} is wanted.`];
    if (most !== undefined && found > most) return [`${what} is ${found}, at most ${most} is wanted.`];
    return [];
  });
};

type Middle = { readonly median: number } | null | undefined;

const ratioOf = (ours: Middle, theirs: Middle): number | undefined =>
  ours && theirs ? Number((ours.median / theirs.median).toFixed(2)) : undefined;
