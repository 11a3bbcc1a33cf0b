// The raw files of the bench as figures: files of one workload together are one series.
import { readFileSync } from 'node:fs';
import type { Run } from '../report.js';
import { fanOutServers } from '../system.js';
import { ratiosOf, type Result, type Row, spreadOf, summaryOf } from '../workloads/summary.js';
import { comparedIn, type WorkloadName } from '../workloads/workload.js';

export interface Machine {
  readonly node: string;
  readonly cpu?: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly loadAtStart?: number;
}

/** What one file says, whichever workload it is of. */
interface RawFile {
  readonly workload: string;
  readonly machine: Machine;
  readonly versions?: Readonly<Record<string, string>>;
  readonly options: { readonly quick?: boolean; readonly systems: readonly string[] };
}
interface HotRoomFile extends RawFile {
  readonly runs: readonly Run[];
}
interface WorkloadFile extends RawFile {
  readonly title: string;
  readonly summary: { readonly unit: string; readonly lowerIsBetter?: boolean };
  readonly results: readonly Result[];
}

export interface Series {
  readonly workload: string;
  readonly title: string;
  readonly unit: string;
  readonly lowerIsBetter: boolean;
  /** Whether a part of it is a smoke check. */
  readonly quick: boolean;
  readonly machines: readonly Machine[];
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

/** Throws a sentence that names the file, when it is none of the bench. */
export const readSeries = (files: readonly string[]): readonly Series[] => {
  const raw = files.map(readRaw);
  const names = [...new Set(raw.map(({ workload }) => workload))].sort();
  return names.map((name) => seriesOf(raw.filter(({ workload }) => workload === name)));
};

const readRaw = (file: string): RawFile => {
  try {
    const raw = JSON.parse(readFileSync(file, 'utf8')) as Partial<RawFile>;
    if (raw.workload !== undefined && raw.machine !== undefined && raw.options !== undefined) return raw as RawFile;
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  throw new Error(`${file} was not written by --out of the bench.`);
};

const isHotRoom = (file: RawFile): file is HotRoomFile => file.workload === 'W1' || file.workload === 'W1b';

const seriesOf = (files: readonly RawFile[]): Series => {
  const [first] = files;
  if (first === undefined) throw new Error('A series has at least one file');
  return {
    workload: first.workload,
    quick: files.some(({ options }) => options.quick === true),
    machines: files.map(({ machine }) => machine),
    versions: Object.assign({}, ...files.map(({ versions }) => versions ?? {})) as Series['versions'],
    ...(isHotRoom(first) ? hotRoom(files as readonly HotRoomFile[]) : others(files as readonly WorkloadFile[])),
  };
};

/** Rounds of different files are different rounds. */
const renumbered = <One extends { readonly round: number }>(lists: readonly (readonly One[])[]): readonly One[] => {
  let from = 0;
  return lists.flatMap((list) => {
    const own = list.map((one) => ({ ...one, round: one.round + from }));
    from += Math.max(-1, ...list.map(({ round }) => round)) + 1;
    return own;
  });
};

type Figures = Pick<Series, 'title' | 'unit' | 'lowerIsBetter' | 'rows'>;

const others = (files: readonly WorkloadFile[]): Figures => {
  const [first] = files;
  if (first === undefined) throw new Error('A series has at least one file');
  const { unit, lowerIsBetter = false } = first.summary;
  const targets = comparedIn[first.workload as WorkloadName] ?? [];
  const { rows } = summaryOf({ unit, lowerIsBetter }, targets, renumbered(files.map(({ results }) => results)));
  return { title: first.title, unit, lowerIsBetter, rows };
};

const hotRoom = (files: readonly HotRoomFile[]): Figures => {
  const runs = renumbered(files.map((file) => file.runs));
  const [isSameRate] = files.map(({ workload }) => workload === 'W1b');
  const systems = ['parley', 'socket.io', ...fanOutServers] as const;
  const bestOf = (system: string) =>
    runs.filter((run) => run.system === system).map(({ best, round }) => ({ round, best }));
  const ours = bestOf('parley');
  const rows = systems.flatMap((target): Row[] => {
    const own = bestOf(target);
    if (own.length === 0) return [];
    const valueOf = (best: Run['best']): number | null => (isSameRate ? best?.p99 : best?.deliveries) ?? null;
    const valued = (list: typeof own) => list.map(({ round, best }) => ({ round, value: valueOf(best) }));
    return [
      {
        variant: isSameRate ? "at Socket.IO's best rate" : 'best rate',
        target: target === 'socket.io' ? 'socket.io-memory' : target,
        rounds: own.length,
        value: spreadOf(own.map(({ best }) => valueOf(best))),
        p50: spreadOf(own.map(({ best }) => best?.p50 ?? null)),
        p99: spreadOf(own.map(({ best }) => best?.p99 ?? null)),
        ratios: target === 'parley' ? {} : ratiosOf(valued(own), new Map([['parley', valued(ours)]])),
        cpuMsEach: null,
        cpu: { server: spreadOf(own.map(({ best }) => best?.gateway ?? null))?.median ?? 0 },
        notes: [],
        failed: runs.filter((run) => run.system === target && run.best === null).map(({ endedBy }) => endedBy),
      },
    ];
  });
  const title = 'one room, every message to all sockets';
  return isSameRate
    ? { title, unit: 'ms, p99', lowerIsBetter: true, rows }
    : { title, unit: 'deliveries/s', lowerIsBetter: false, rows };
};
