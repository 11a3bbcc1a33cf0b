import type { z } from 'zod';

/** A route, as far as its place is concerned. */
interface Located {
  /** In Express syntax. */
  readonly path: string;
  readonly params?: z.ZodType;
}

/** The paths below `/v1/sessions/:id` that are other resources, such as `/v1/sessions/refresh`: `:id` is a UUID and never `refresh`. */
export type FixedPathsWithin = (route: Located) => ReadonlySet<string>;

/**
 * Finds the fixed paths that match the template of a route although its parameters cannot have these values. A request to one of them with
 * the route's method is a 405, not a parameter that is not valid.
 */
export const fixedPathsWithin = (routes: readonly Located[]): FixedPathsWithin => {
  const fixed = [...new Set(routes.map(({ path }) => path).filter((path) => !path.includes(':')))];
  const found = new Map(
    routes.map((route) => [
      route.path,
      new Set(
        fixed.filter((path) => {
          const values = valuesIn(route.path, path);
          return values !== null && route.params !== undefined && !route.params.safeParse(values).success;
        }),
      ),
    ]),
  );
  return ({ path }) => found.get(path) ?? new Set();
};

/** The parameters of a template in a path; null where it does not match, or has no parameters. */
const valuesIn = (template: string, path: string): Record<string, string> | null => {
  const [parts, words] = [template.split('/'), path.split('/')];
  if (!template.includes(':') || parts.length !== words.length) return null;
  const values: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const word = words[index] ?? '';
    if (part.startsWith(':')) values[part.slice(1)] = word;
    else if (part !== word) return null;
  }
  return values;
};
