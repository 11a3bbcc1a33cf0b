// What a proof prints: figures, and checks that decide its exit code.

let failed = 0;

/** One figure with its unit. */
export const figure = (name, value, unit = '') => {
  const shown =
    typeof value === 'number' ? (Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2)) : value;
  console.log(`  ${name.padEnd(58)} ${shown} ${unit}`);
};

/** One thing that must hold. */
export const check = (what, holds) => {
  if (!holds) failed += 1;
  console.log(`  ${holds ? 'ok  ' : 'FAIL'} ${what}`);
};

/** Ends the proof; call it last. */
export const finish = () => process.exit(failed === 0 ? 0 : 1);

/** The value below which a share of the values lies. */
export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
};
