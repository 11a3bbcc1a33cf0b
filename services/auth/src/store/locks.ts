/** Advisory locks are counted per database, not per schema: the upper half says that these are auth's. */
const lockOf = (n: number): number => 0x61757468 * 0x10000 + n;

export const locks = { keys: lockOf(1), sweep: lockOf(2) } as const;
