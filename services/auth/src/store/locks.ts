/** Advisory locks are per database, not per schema: the upper half is a namespace for auth's. */
const lockOf = (n: number): number => 0x61757468 * 0x10000 + n;

export const locks = { keys: lockOf(1), sweep: lockOf(2) } as const;
