import type { z } from 'zod';

/** What the schema of a variable says that it expects when it is given something else; nothing when it takes any text. */
export const expectedValue = (variable: z.ZodType): string | undefined => {
  // No variable takes it: every other text would be right for some.
  const { error } = variable.safeParse('\0');
  return /^is not usable; expected (.+)$/.exec(error?.issues[0]?.message ?? '')?.[1];
};

/** The limits of a number; null for what is expected otherwise. */
export const rangeOf = (
  expected: string,
): { readonly min: number; readonly max: number; readonly whole: boolean } | null => {
  const found = /^a (whole )?number from (\d+) to (\d+)$/.exec(expected);
  return found && { min: Number(found[2]), max: Number(found[3]), whole: found[1] !== undefined };
};

/** The words of a choice; empty for what is expected otherwise. */
export const choicesOf = (expected: string): readonly string[] =>
  /^one of (.+)$/.exec(expected)?.[1]?.split(', ') ?? [];
