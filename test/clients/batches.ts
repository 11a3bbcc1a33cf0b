/** Makes `count` things, `atOnce` at a time, in their order. Sign-ups hash passwords, and a slow machine has a deadline for each. */
export const inBatches = async <T>(count: number, atOnce: number, make: (n: number) => Promise<T>): Promise<T[]> => {
  const made: T[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => make(from + index));
    made.push(...(await Promise.all(batch)));
  }
  return made;
};
