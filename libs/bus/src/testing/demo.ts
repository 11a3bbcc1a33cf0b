import { type CallOptions, type Handlers, type Scope, contract } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bus, BusLog } from '../bus.js';
import type { BusCounts } from '../events.js';

/** Two connections to one bus, like those of two processes, and what they logged. */
export interface BusPair {
  readonly server: CountingBus;
  readonly caller: CountingBus;
  /** A further connection, for a second replica. */
  readonly another: () => Promise<CountingBus>;
  readonly logged: Logged[];
}
export type CountingBus = Bus & { readonly counts: BusCounts };
export interface Logged {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly details: Record<string, unknown>;
}

/** A log that records its lines. */
export const recordingLog = (): { log: BusLog; logged: Logged[] } => {
  const logged: Logged[] = [];
  const at = (level: Logged['level']) => (details: object, message: string) =>
    void logged.push({ level, message, details: { ...details } });
  return { log: { warn: at('warn'), error: at('error') }, logged };
};

/** A separate service for every test, so that tests can share a server. */
export const demo = () =>
  contract(`demo${randomUUID().slice(0, 8)}`, {
    thing: {
      get: {
        input: z.object({ id: z.int().min(1), text: z.string().default('') }),
        output: z.object({ id: z.int(), text: z.string(), by: z.string().default('') }),
        repeatable: true,
      },
      make: { input: z.object({ text: z.string() }), output: z.object({ text: z.string() }), deadlineMs: 3000 },
    },
  });
export type Demo = ReturnType<typeof demo>;

export const caller: CallOptions = { principal: { kind: 'system', realm: 'main', service: 'test' } };

export const handlersOf = (changes: Partial<Handlers<Demo>['thing']> = {}): Handlers<Demo> => ({
  thing: { get: async ({ id, text }) => ({ id, text }), make: async ({ text }) => ({ text }), ...changes },
});

export const ThingMade = z.object({ name: z.literal('thing.made'), n: z.number() });
export const channel = (): Scope => ({ kind: 'channel', id: randomUUID() });
export const thingMade = (n: number) => ({ name: 'thing.made', n });

export const until = async (condition: () => boolean, limitMs = 15_000): Promise<void> => {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${condition.toString()}`);
    await sleep(5);
  }
};
