import { closest, distance } from 'fastest-levenshtein';

/** The known name that is most similar to `name`, if the difference is small enough for a typo; else undefined. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  if (known.length === 0) return undefined;
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, Math.floor(name.length / 6)) ? nearest : undefined;
};
