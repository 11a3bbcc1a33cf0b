import type { Deps } from '../deps.js';

const lateMs = 5_000;

/**
 * Takes the peers of silent gateways offline. Silence counts only while this sweeper was watching: after its start, and after a pause in
 * which it could not sweep (the database was unavailable), every gateway first has `lapseMs` to send a heartbeat.
 */
export const sweepGateways = (
  { peers, announce }: Pick<Deps, 'peers' | 'announce'>,
  lapseMs: number,
  now: () => number = () => performance.now(),
): (() => Promise<number>) => {
  let listeningSince = now();
  let lookedAt = listeningSince;
  return async () => {
    if (now() - lookedAt > lateMs) listeningSince = now();
    let swept = 0;
    for (let more = now() - listeningSince >= lapseMs; more;) {
      const found = await peers.sweep(lapseMs);
      announce.offline(found.gone, 'lapsed');
      swept += found.gone.length;
      more = found.more;
    }
    lookedAt = now();
    return swept;
  };
};
