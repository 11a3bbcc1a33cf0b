import { Fault, issueText } from '@parley/contracts';
import type { z } from 'zod';

/** One problem in the input of a client: where it is, and a message for people. */
export interface InputIssue {
  readonly where: 'body' | 'query' | 'path';
  readonly path: readonly (string | number)[];
  readonly isMissing: boolean;
  readonly message: string;
}

/** A request whose parts do not have the documented shape; each dialect renders the issues in its own format. */
export class InvalidInput extends Fault {
  constructor(readonly issues: readonly InputIssue[]) {
    const first = issues[0];
    const place = first ? [first.where, ...first.path].join('.') : 'request';
    super('invalid', 'invalid_input', `${place}: ${first?.message ?? 'Is not valid'}`);
  }
}

type Issue = Omit<InputIssue, 'where'>;
type Parsed<S extends z.ZodType> =
  | { readonly success: true; readonly data: z.output<S> }
  | { readonly success: false; readonly issues: readonly Issue[] };

const issuesMax = 20;

/** Parses input of a client. The messages of its issues never contain the validator's own words. */
export const parseInput = <S extends z.ZodType>(schema: S, value: unknown): Parsed<S> => {
  const parsed = schema.safeParse(value, { error: issueText });
  if (parsed.success) return parsed;
  const issues = parsed.error.issues.slice(0, issuesMax).map(({ path, message }) => ({
    path: path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
    isMissing: valueAt(value, path) === undefined,
    message,
  }));
  return { success: false, issues };
};

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  );
