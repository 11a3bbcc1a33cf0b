// What each message of a load says of itself, so that a delivery needs no parsing: the step, its channel, its sequence and when it left.

const mark = '@~';
const widths = { step: 4, channel: 6, sequence: 8, micros: 16 };

export interface Stamp {
  readonly step: number;
  readonly channel: number;
  /** From 1 in each channel of a step. */
  readonly sequence: number;
  readonly micros: number;
}

/** One clock for all processes of the machine. */
export const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n);

export const stampText = ({ step, channel, sequence, micros }: Stamp, bytes: number): string => {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0');
  const [s, c] = [digits(step, widths.step), digits(channel, widths.channel)];
  const [n, m] = [digits(sequence, widths.sequence), digits(micros, widths.micros)];
  return `${mark}${s}${c}${n}${m}~`.padEnd(bytes, 'x');
};

/** The stamp in a frame; null when there is none. */
export const readStamp = (frame: string): Stamp | null => {
  let at = frame.indexOf(mark);
  if (at < 0) return null;
  at += mark.length;
  const next = (width: number): number => Number(frame.slice(at, (at += width)));
  return {
    step: next(widths.step),
    channel: next(widths.channel),
    sequence: next(widths.sequence),
    micros: next(widths.micros),
  };
};
