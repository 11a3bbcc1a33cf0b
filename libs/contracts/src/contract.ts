import type { z } from 'zod';
import type { Deadline } from './deadline.js';
import type { Principal } from './principal.js';

/**
 * One call that a service answers. `input` is parsed by the server, `output` by the caller.
 * `repeatable`: calling it twice with the same input has the effect of calling it once, so that the caller may
 * repeat it when an answer was lost. `deadlineMs`: how long a caller waits unless it says otherwise (default 5,000).
 */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly input: I;
  readonly output: O;
  readonly repeatable?: boolean;
  readonly deadlineMs?: number;
}

export type Nouns = Record<string, Record<string, Operation>>;

export interface Contract<S extends string = string, N extends Nouns = Nouns> {
  readonly service: S;
  readonly nouns: N;
}

/** What a service promises, as a value: noun → verb → operation. Clients and handlers take their types from it. */
export const contract = <const S extends string, const N extends Nouns>(service: S, nouns: N): Contract<S, N> => ({
  service,
  nouns,
});

/** What accompanies every call: who asks, and until when an answer is of use (`deadlineIn`). */
export interface Context {
  readonly principal: Principal;
  readonly deadline: Deadline;
}

/** How a caller names itself; a Context of an incoming call can be passed on as it is, its deadline with it. */
export interface CallOptions {
  readonly principal: Principal;
  readonly deadline?: Deadline;
}

type Verbs = Record<string, Operation>;

/** The caller's side of a contract. Every method rejects with a Fault and nothing else. */
export type Client<C extends Contract> = {
  readonly [Noun in keyof C['nouns']]: {
    readonly [Verb in keyof C['nouns'][Noun]]: C['nouns'][Noun] extends Verbs
      ? (
          input: z.input<C['nouns'][Noun][Verb]['input']>,
          options: CallOptions,
        ) => Promise<z.output<C['nouns'][Noun][Verb]['output']>>
      : never;
  };
};

/** The server's side of a contract: one function per operation, given parsed input. */
export type Handlers<C extends Contract> = {
  readonly [Noun in keyof C['nouns']]: {
    readonly [Verb in keyof C['nouns'][Noun]]: C['nouns'][Noun] extends Verbs
      ? (
          input: z.output<C['nouns'][Noun][Verb]['input']>,
          context: Context,
        ) => Promise<z.input<C['nouns'][Noun][Verb]['output']>>
      : never;
  };
};
