import type { z } from 'zod';

/** A route, as far as its place is concerned. */
interface Located {
  /** In Express syntax. */
  readonly path: string;
  readonly params?: z.ZodType;
}

/** The path of a route for Express, below `prefix`. */
export type ExpressPathOf = (route: Located, prefix?: string) => string | RegExp;

/**
 * The paths of routes for Express. A template does not match the fixed paths beside it that its parameters cannot be, so that a request to
 * one of them with the method of the template is a 405: `/v1/sessions/refresh` is no `/v1/sessions/:id`, because `:id` is a UUID.
 */
export const expressPathsOf = (routes: readonly Located[]): ExpressPathOf => {
  const fixed = [...new Set(routes.map(({ path }) => path).filter((path) => !path.includes(':')))];
  return (route, prefix = '') => {
    const excluded = fixed.filter((path) => {
      const values = valuesIn(route.path, path);
      return values !== null && route.params !== undefined && !route.params.safeParse(values).success;
    });
    if (excluded.length === 0) return prefix + route.path;
    const template = (prefix + route.path).replace(/:(\w+)/g, '(?<$1>[^/]+)');
    return new RegExp(`^(?!(?:${excluded.map((path) => prefix + path).join('|')})/?$)${template}/?$`);
  };
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
