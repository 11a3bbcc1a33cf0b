const redrawMs = 200;
const plainMs = 10_000;
const barWidth = 24;

/** A terminal, or another stream of lines. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** What a step has done: on a terminal one line with a bar and the time left, elsewhere a plain line every ten seconds. */
export interface Progress {
  say(line: string): void;
  /** Begins a step of `total` rows. */
  begin(step: string, total: number): void;
  advance(rows: number, detail: string): void;
  end(): void;
}

export const createProgress = (output: Output, now: () => number = () => performance.now()): Progress => {
  let step = '';
  let [total, done, begunAt, drawnAt] = [0, 0, 0, 0];
  let detail = '';
  const isTerminal = output.isTTY === true;
  const clear = (): void => void (isTerminal && output.write('\r\x1b[2K'));
  const draw = (): void => {
    drawnAt = now();
    const seconds = (drawnAt - begunAt) / 1_000;
    const rate = seconds > 0 ? done / seconds : 0;
    const text = [
      `${step} ${grouped(done)} of ${grouped(total)} rows`,
      detail,
      ...(rate > 0 ? [`${grouped(Math.round(rate))}/s`, `${duration((total - done) / rate)} left`] : []),
    ].join(' · ');
    if (isTerminal) output.write(`\r\x1b[2K${bar(total === 0 ? 1 : done / total)} ${text}`);
    else output.write(`${text}\n`);
  };
  return {
    say: (line) => {
      clear();
      output.write(`${line}\n`);
    },
    begin: (name, rows) => {
      [step, total, done, begunAt, drawnAt] = [name, rows, 0, now(), now()];
    },
    advance: (rows, what) => {
      done = Math.min(total, done + rows);
      detail = what;
      if (now() - drawnAt >= (isTerminal ? redrawMs : plainMs)) draw();
    },
    end: clear,
  };
};

const bar = (part: number): string => {
  const full = Math.round(Math.min(1, part) * barWidth);
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
};

export const grouped = (number: number): string => number.toLocaleString('en-US');

export const duration = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return 'an unknown time';
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
};
