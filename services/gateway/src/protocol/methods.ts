import { Fault } from '@parley/contracts';
import type { z } from 'zod';
import type { Command, RequestId } from './command.js';
import { parseInput } from './input-issues.js';

/** One method of a request/response dialect. Decoder, documents and SDK types are made from it. */
interface MethodSpec<Params extends z.ZodType> {
  readonly summary: string;
  /** More than the summary, where there is more to say. */
  readonly description?: string;
  readonly params: Params;
  readonly result: z.ZodType;
  /** The reasons of the faults that this method can end in, besides those of every method (docs/errors.md). */
  readonly errors: readonly string[];
  readonly example: { readonly params: z.input<Params>; readonly result: unknown };
  /** Called before the connection is authenticated, and only then. Default: only afterwards. */
  readonly authenticates?: true;
  command(params: z.output<Params>, requestId: RequestId | undefined): Command;
}

/** A method whose types were checked where it was defined. */
export interface Method extends Omit<MethodSpec<z.ZodType>, 'command'> {
  /** Throws `invalid` `invalid_params`, which names the field. */
  decode(params: unknown, requestId: RequestId | undefined): Command;
}

export type MethodTable = Readonly<Record<string, Method>>;

/** One notification that the server sends: an event without an answer. */
export interface Notification {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly example: unknown;
}

export type NotificationTable = Readonly<Record<string, Notification>>;

/** The methods of a dialect by name. `params` left out by a client counts as `{}`. */
export const defineMethods = <Params extends Record<string, z.ZodType>>(specs: {
  readonly [Name in keyof Params]: MethodSpec<Params[Name]>;
}): { readonly [Name in keyof Params]: Method } => {
  const methods = Object.entries<MethodSpec<z.ZodType>>(specs).map(([name, { command, ...rest }]): [string, Method] => [
    name,
    {
      ...rest,
      decode(params, requestId) {
        const parsed = parseInput(rest.params, params ?? {});
        if (parsed.success) return command(parsed.data, requestId);
        const [issue] = parsed.issues;
        const place = ['params', ...(issue?.path ?? [])].join('.');
        throw new Fault('invalid', 'invalid_params', `${place}: ${issue?.message ?? 'Is not valid'}`);
      },
    },
  ]);
  return Object.fromEntries(methods) as { readonly [Name in keyof Params]: Method };
};
