import type { Bus } from '@parley/bus';
import { type Context, contract } from '@parley/contracts';
import { droppingBus } from './dropping-bus.js';

/** A call that arrived at a service. */
export interface ServedCall {
  /** `chat.message.send` */
  readonly name: string;
  readonly input: unknown;
  readonly context: Context;
}

/** Decides what becomes of a call: `answer` runs the service's own handler and resolves with its answer. What it throws is the caller's. */
export type Interceptor = (call: ServedCall, answer: () => Promise<unknown>) => Promise<unknown>;

export interface InterceptingOptions {
  readonly intercept?: Interceptor;
  /** Operations that are not served, as if the release of the service did not have them. */
  readonly unserved?: readonly string[];
}

type Handler = (input: unknown, context: Context) => Promise<unknown>;

/** A bus between the callers and the handlers of the services that serve on it: a test counts, delays and fails calls, and loses answers. */
export const interceptingBus = (
  bus: Bus,
  { intercept = (_call, answer) => answer(), unserved = [] }: InterceptingOptions,
): Bus => ({
  ...droppingBus(bus, () => false),
  get connected() {
    return bus.connected;
  },
  serve: ({ service, nouns }, handlers, options) => {
    // Handlers<C> ties each handler to its own operation; iterating over all of them needs their common shape.
    const byNoun = handlers as Readonly<Record<string, Readonly<Record<string, Handler>>>>;
    const served = mapVerbs(nouns, (operation, noun, verb) =>
      unserved.includes(`${service}.${noun}.${verb}`) ? undefined : operation,
    );
    const intercepted = mapVerbs(byNoun, (handler, noun, verb): Handler => {
      const name = `${service}.${noun}.${verb}`;
      return (input, context) => intercept({ name, input, context }, () => handler(input, context));
    });
    return bus.serve(contract(service, served), intercepted, options);
  },
});

type ByNoun<T> = Record<string, Record<string, T>>;

/** The same nouns and verbs with other values; those without a value are left out. */
const mapVerbs = <T, R>(
  nouns: Readonly<Record<string, Readonly<Record<string, T>>>>,
  map: (value: T, noun: string, verb: string) => R | undefined,
): ByNoun<R> =>
  Object.fromEntries(
    Object.entries(nouns).map(([noun, verbs]) => [
      noun,
      Object.fromEntries(
        Object.entries(verbs).flatMap(([verb, value]): [string, R][] => {
          const mapped = map(value, noun, verb);
          return mapped === undefined ? [] : [[verb, mapped]];
        }),
      ),
    ]),
  );
