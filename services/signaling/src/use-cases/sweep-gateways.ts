import type { Deps } from '../deps.js';

const lateMs = 5_000;

/**
 * What a silent gateway held goes offline. Silence counts only as far as we listened ourselves: after our own start, or after
 * a time in which we could not look either (the database was away), gateways first get `lapseMs` to be heard.
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
