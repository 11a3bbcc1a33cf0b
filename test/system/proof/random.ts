/** Numbers in [0, 1). */
export type Random = () => number;

/** Numbers in [0, 1) that a seed repeats, so that a run can be repeated. */
export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The same values in another order. */
export const shuffled = <T>(values: readonly T[], random: Random): T[] => {
  const left = [...values];
  return values.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
};

/** One of the values; throws when there is none. */
export const oneOf = <T>(values: readonly T[], random: Random): T => at(values, Math.floor(random() * values.length));

/** The value at an index, counted round; throws when there is none. */
export const at = <T>(values: readonly T[], index: number): T => {
  const value = values[index % values.length];
  if (value === undefined) throw new Error(`No value at ${index} of ${values.length}`);
  return value;
};
