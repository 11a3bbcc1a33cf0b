import { type Scope, factSubject } from '@parley/contracts';
import type { z } from 'zod';
import type { BusLog, BusMeter } from './bus.js';
import { type Packet, encode, isTooLarge } from './packet.js';
import { inFactContext, tellHeaders } from './trace.js';

/** What was lost since the start; facts are a bell, so losing one is counted and not an error. */
export interface BusCounts {
  /** Facts that a listener's schema refused. */
  refusedFacts: number;
  /** Facts not told: the connection was down, or they were too large. */
  droppedFacts: number;
  /** Calls, events and subscriptions that the server refused, because this user of the bus may not. */
  denied: number;
  /** How often the connection was lost. */
  disconnections: number;
}

/** Encodes a fact once and hands it to `send` for each road. */
export const tell = (
  fact: { readonly name: string },
  roads: readonly Scope[],
  send: (subject: string, packet: Packet, scope: Scope) => void,
  log: BusLog,
  counts: BusCounts,
  meter?: BusMeter,
): void => {
  if (roads.length === 0) return;
  try {
    const body = encode(fact);
    if (isTooLarge(body)) throw new Error('A fact above the largest body');
    const packet = { body, headers: tellHeaders(fact.name) };
    for (const scope of roads) send(factSubject(fact.name, scope), packet, scope);
    meter?.told(fact.name);
  } catch (error) {
    counts.droppedFacts += roads.length;
    log.error({ err: error, fact: fact.name }, 'A fact could not be told');
  }
};

/** The callback of a subscription: parses, refuses what does not fit, and keeps the bus safe from its listener. */
export const hearing =
  <F>(
    subject: string,
    schema: z.ZodType<F>,
    handler: (fact: F) => void,
    log: BusLog,
    counts: BusCounts,
  ): ((packet: Packet) => void) =>
  (packet) => {
    const failed = (error: unknown): void => log.error({ err: error, subject }, 'A listener failed');
    try {
      const fact = schema.safeParse(json(packet.body));
      if (!fact.success) return refuse(subject, fact.error, log, counts);
      inFactContext(packet.headers, () => {
        // A listener may be an async function: its type says void, its rejection would end the process.
        const done: unknown = handler(fact.data);
        if (done instanceof Promise) done.catch(failed);
      });
    } catch (error) {
      failed(error);
    }
  };

const refuse = (subject: string, { issues }: z.ZodError, log: BusLog, counts: BusCounts): void => {
  counts.refusedFacts += 1;
  const { refusedFacts } = counts;
  // Told at 1, 2, 4, 8 …: a peer with another version refuses every fact, and the log must not drown in it.
  if ((refusedFacts & (refusedFacts - 1)) !== 0) return;
  log.warn({ subject, refusedFacts, path: issues[0]?.path, rule: issues[0]?.code }, 'A fact was refused by its schema');
};

const json = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON is one more thing that the schema refuses.
    return undefined;
  }
};
