// W9: a network that is nearly full, whose members give their addresses back and take new ones.
import { readings, sharesBetween } from '../load/load-step.js';
import { latenciesOf } from '../load/latencies.js';
import type { Leases } from '../targets/target.js';
import type { Measured, Place, Workload } from './workload.js';

const addresses = 254;
const holders = Math.floor(addresses * 0.95);
const workers = 16;
const measureMs = { full: 10_000, quick: 2_000 };

/** Each worker has holders of its own, so that no two change the address of one. */
const churn = async (leases: Leases, forMs: number) => {
  const until = performance.now() + forMs;
  const changedMs: number[] = [];
  let refused = 0;
  const work = async (worker: number): Promise<void> => {
    for (let turn = 0; performance.now() < until; turn += 1) {
      const from = performance.now();
      const holder = worker + workers * (turn % Math.floor(holders / workers));
      if (await leases.change(holder)) changedMs.push(performance.now() - from);
      else refused += 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return { changedMs, refused };
};

const measure = async ({ target, quick, report }: Place): Promise<Measured> => {
  const leases = await target.openLeases?.(holders);
  if (leases === undefined) throw new Error(`${target.name} gives no addresses out`);
  const before = readings(target);
  const { changedMs, refused } = await churn(leases, quick ? measureMs.quick : measureMs.full);
  const after = readings(target);
  const { held, doubled } = await leases.count();
  const { p50, p99 } = latenciesOf(changedMs);
  const rate = Math.round((changedMs.length * 1_000) / (after.at - before.at));
  const succeeded = Number(((changedMs.length * 100) / Math.max(1, changedMs.length + refused)).toFixed(1));
  const note = `${succeeded} % found an address; ${held} of ${holders} hold one`;
  const isWrong = target.name === 'parley' && (refused > 0 || held !== holders);
  const failed = doubled > 0 ? `${doubled} addresses held twice` : isWrong ? note : null;
  report(`${rate}/s; ${note} ${failed ?? ''}`);
  const cpu = sharesBetween(before, after);
  const raw = { holders, refused, held, doubled, succeeded };
  return { variant: '95 % full', value: failed ? null : rate, p50, p99, failed, note, cpu, raw };
};

export const addressChurn: Workload = {
  title: `${workers} clients change addresses in a network of ${addresses} that is 95 % full`,
  unit: 'addresses/s',
  fresh: false,
  populate: () => ({ clients: holders, kind: 'room', members: [] }),
  measure: async (place) => [await measure(place)],
};
