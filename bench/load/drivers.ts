// How a load sends: as fast as it is answered, or so many a second whatever the answers.
import { setTimeout as sleep } from 'node:timers/promises';

/** A client and a channel that it writes to. */
export interface Route {
  readonly client: number;
  readonly channel: number;
}

/** Resolves when the send is answered, with whether it was accepted. */
export type Send = (route: Route) => Promise<boolean>;

export interface Drive {
  /** No new sends; resolves when all are answered, or with how many are not in time. */
  stop(withinMs: number): Promise<number>;
}

export type Driver = (send: Send) => Drive;

const tickMs = 1;
/** A generator that was held up does not make up for more than this. */
const catchUpMs = 200;
const afterRefusalMs = 100;

/** On each route so many sends in flight; the next one goes when one is answered. */
export const closedLoop =
  (routes: readonly Route[], inFlight: number): Driver =>
  (send) => {
    let stopped = false;
    const pending = countPending(send);
    const loop = async (route: Route): Promise<void> => {
      while (!stopped) if (!(await pending.send(route))) await sleep(afterRefusalMs);
    };
    for (const route of routes) for (let one = 0; one < inFlight; one += 1) void loop(route);
    return { stop: (withinMs) => ((stopped = true), pending.settle(withinMs)) };
  };

/** So many sends a second, the routes in turn. */
export const openLoop =
  (routes: readonly Route[], perSecond: number): Driver =>
  (send) => {
    let stopped = false;
    let [sent, at] = [0, 0];
    const from = performance.now();
    const pending = countPending(send);
    const tick = (): void => {
      if (stopped) return;
      const due = Math.floor(((performance.now() - from) / 1000) * perSecond) + 1;
      const behind = due - sent - (catchUpMs / 1000) * perSecond;
      if (behind > 1) sent += Math.floor(behind);
      for (; sent < due; sent += 1) {
        const route = routes[(at += 1) % routes.length];
        if (route) void pending.send(route);
      }
      setTimeout(tick, tickMs);
    };
    tick();
    return { stop: (withinMs) => ((stopped = true), pending.settle(withinMs)) };
  };

const countPending = (send: Send) => {
  let pending = 0;
  return {
    send: async (route: Route): Promise<boolean> => {
      pending += 1;
      const accepted = await send(route);
      pending -= 1;
      return accepted;
    },
    settle: async (withinMs: number): Promise<number> => {
      const until = performance.now() + withinMs;
      while (pending > 0 && performance.now() < until) await sleep(20);
      return pending;
    },
  };
};
