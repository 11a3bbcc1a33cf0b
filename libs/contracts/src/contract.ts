import type { z } from 'zod';
import type { Deadline } from './deadline.js';
import type { Principal } from './principal.js';

/** Renamed fields of a body: current name → former name, or that and the renamed fields inside the value (of each item of an array). */
export interface FieldNames {
  readonly [current: string]: string | { readonly formerly: string; readonly fields: FieldNames };
}

/**
 * How an operation differed in the previous release, so that processes of both releases understand each other during a rolling upgrade:
 * it is served under both names, and called under the former one where no process serves the current one. Bodies of an operation that
 * kept its name carry renamed fields twice. To be removed one release after the renaming.
 */
export interface FormerOperation {
  /** `noun.verb`; absent: the name is the same, and only fields were renamed. */
  readonly name?: `${string}.${string}`;
  readonly input?: FieldNames;
  readonly output?: FieldNames;
}

/**
 * One operation of a service. The server parses `input`, the caller `output`. `repeatable`: a second call with the same input has no
 * further effect, so the caller may repeat it when the answer was lost. `deadlineMs`: how long a caller waits unless it passes a deadline
 * (default 5,000). `exact`: handlers give what `output` has, no field more and none that has a default less, so that a caller of the same
 * release need not parse it. `frequent`: where its trace is not recorded it is served without an async context; its handler passes on
 * `deadline` and `trace` itself.
 */
export interface Operation<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly input: I;
  readonly output: O;
  readonly repeatable?: boolean;
  readonly deadlineMs?: number;
  readonly exact?: boolean;
  readonly frequent?: boolean;
  readonly former?: FormerOperation;
}

export type Nouns = Record<string, Record<string, Operation>>;

export interface Contract<S extends string = string, N extends Nouns = Nouns> {
  readonly service: S;
  readonly nouns: N;
}

/** The operations of a service as a value: noun → verb → operation. Clients and handlers take their types from it. */
export const contract = <const S extends string, const N extends Nouns>(service: S, nouns: N): Contract<S, N> => ({
  service,
  nouns,
});

/** Context of a call: the principal, and the deadline after which the caller no longer waits for the answer (`deadlineIn`). */
export interface Context {
  readonly principal: Principal;
  readonly deadline: Deadline;
  /** Of a frequent operation whose trace is not recorded. */
  readonly trace?: TraceHeaders | undefined;
}

/** The headers of a W3C trace context. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** The caller's principal and deadline. The Context of an incoming call can be passed on as it is, with its deadline. */
export interface CallOptions {
  readonly principal: Principal;
  readonly deadline?: Deadline;
  /** A trace that nothing records, passed on without an async context. Default: that of the active context. */
  readonly trace?: TraceHeaders | undefined;
  /** The input is what the operation's schema made of another one: a server of the same release takes it as it is. Default: false. */
  readonly isParsed?: boolean;
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

/** The server's side of a contract: one function per operation, called with parsed input. */
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
