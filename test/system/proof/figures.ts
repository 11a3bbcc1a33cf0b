// What a proof prints: figures, and checks that decide its exit code.

let failed = 0;

const shownMax = 5;

/** One figure with its unit. */
export const figure = (name: string, value: number | string, unit = ''): void => {
  const text =
    typeof value === 'string' ? value : Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2);
  console.log(`  ${name.padEnd(58)} ${text} ${unit}`);
};

/** One thing that must hold. */
export const check = (what: string, holds: boolean): void => {
  if (!holds) failed += 1;
  console.log(`  ${holds ? 'ok  ' : 'FAIL'} ${what}`);
};

/** Prints the first of a list, one a line. */
export const list = (values: readonly string[]): void => {
  for (const value of values.slice(0, shownMax)) console.log(`    ${value}`);
};

/** One thing that holds when nothing contradicts it; prints what does. */
export const checkNone = (what: string, contradictions: readonly string[]): void => {
  check(what, contradictions.length === 0);
  list(contradictions);
};

/** Ends the proof; call it last. */
export const finish = (): never => process.exit(failed === 0 ? 0 : 1);

/** The value below which a share of the values lies; NaN for none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
};

/** A figure for each share of the values. */
export const percentiles = (name: string, values: readonly number[], shares: readonly number[]): void => {
  for (const share of shares) figure(`${name}, p${share * 100}`, percentile(values, share), 'ms');
};
