import { closest, distance } from 'fastest-levenshtein';

/** The name that is most like a given one, when few enough letters differ for a slip; undefined: none is. */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  if (known.length === 0) return undefined;
  const nearest = closest(name, known);
  return distance(name, nearest) <= Math.max(2, Math.floor(name.length / 6)) ? nearest : undefined;
};
