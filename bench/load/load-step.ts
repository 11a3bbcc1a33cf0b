// Some seconds of one load against one system, and what came of it.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMsOfTree } from '../machine.js';
import type { Target } from '../targets/target.js';
import type { Pace } from '../system.js';
import type { Crowd } from './crowd.js';
import type { Driver } from './drivers.js';
import { latenciesOf } from './latencies.js';
import { createLedger, type Ledger } from './ledger.js';
import { nowMicros, stampText } from './stamp.js';

const settleWithinMs = 15_000;

export interface LoadOptions {
  readonly target: Target;
  readonly crowd: Crowd;
  readonly driver: Driver;
  readonly pace: Pace;
  /** Bytes of text in each message. */
  readonly bytes: number;
}

/** Rates a second, latencies in milliseconds, CPU as shares of one core. */
export type LoadStep = Awaited<ReturnType<typeof runLoad>>;

let steps = 0;

export const runLoad = async ({ target, crowd, driver, pace, bytes }: LoadOptions) => {
  const step = (steps += 1);
  const ledger = createLedger(crowd.members);
  const window = createWindow();
  crowd.onDelivery((client, stamp) => {
    // What is late from an earlier step was counted as lost there.
    if (stamp.step !== step) return;
    if (ledger.deliver(client, stamp.channel, stamp.sequence)) window.delivered((nowMicros() - stamp.micros) / 1e3);
  });
  const storedBefore = await target.stored();
  const drive = driver(async ({ client, channel }) => {
    const stamp = { step, channel, sequence: ledger.send(channel), micros: nowMicros() };
    window.sent();
    const failure = await crowd.send(client, channel, stampText(stamp, bytes)).then(() => null, messageOf);
    if (failure === null) window.acknowledged((nowMicros() - stamp.micros) / 1e3);
    else ledger.refuse(failure);
    return failure === null;
  });
  await sleep(pace.warmUpMs);
  const before = readings(target);
  window.open();
  await sleep(pace.measureMs);
  const measured = window.close();
  const cpu = sharesBetween(before, readings(target));
  const unanswered = await drive.stop(settleWithinMs);
  await settled(ledger);
  const counts = ledger.counts();
  const stored = await target.stored();
  return {
    ...measured,
    ...counts,
    unanswered,
    /** Accepted messages that the database does not hold; null when the system stores none. */
    unstored: stored === null ? null : (storedBefore ?? 0) + counts.sent - counts.refused - stored,
    lostConnections: crowd.lost.size,
    cpu,
  };
};

const messageOf = (error: Error): string => error.message;

/** Counts between `open` and `close`. */
const createWindow = () => {
  let [isOpen, openedAt, sent] = [false, 0, 0];
  let acks: number[] = [];
  let deliveries: number[] = [];
  let bySecond = createSeconds();
  return {
    open: (): void => {
      [isOpen, openedAt, sent, acks, deliveries] = [true, performance.now(), 0, [], []];
      bySecond = createSeconds();
    },
    sent: (): void => void (sent += 1),
    acknowledged: (ms: number): void => {
      if (!isOpen) return;
      acks.push(ms);
      bySecond.add('acknowledgement', openedAt, ms);
    },
    delivered: (ms: number): void => {
      if (!isOpen) return;
      deliveries.push(ms);
      bySecond.add('delivery', openedAt, ms);
    },
    close: () => {
      isOpen = false;
      const perSecond = (count: number): number => Math.round((count * 1000) / (performance.now() - openedAt));
      return {
        sentPerSecond: perSecond(sent),
        acknowledgedPerSecond: perSecond(acks.length),
        deliveriesPerSecond: perSecond(deliveries.length),
        acknowledgement: latenciesOf(acks),
        delivery: latenciesOf(deliveries),
        secondsP99: bySecond.p99(),
      };
    },
  };
};

/** The same latencies by the second in which they were known. */
const createSeconds = () => {
  const seconds: { readonly acknowledgement: number[]; readonly delivery: number[] }[] = [];
  const p99Of = (of: 'acknowledgement' | 'delivery') =>
    seconds.filter((each) => each[of].length > 0).map((each) => latenciesOf(each[of]).p99);
  return {
    add: (of: 'acknowledgement' | 'delivery', openedAt: number, ms: number): void => {
      const at = Math.floor((performance.now() - openedAt) / 1000);
      while (seconds.length <= at) seconds.push({ acknowledgement: [], delivery: [] });
      seconds[at]?.[of].push(ms);
    },
    p99: () => ({ acknowledgement: p99Of('acknowledgement'), delivery: p99Of('delivery') }),
  };
};

/** Waits until all that was sent came to all, or until for a second nothing more came. */
export const settled = async (ledger: Ledger): Promise<void> => {
  const until = performance.now() + settleWithinMs;
  let still = 0;
  for (let last = -1; !ledger.complete && still < 20 && performance.now() < until;) {
    await sleep(50);
    const { received } = ledger.counts();
    still = received === last ? still + 1 : 0;
    last = received;
  }
  // A repetition would come about now.
  await sleep(100);
};

export const readings = ({ processes }: Target) => {
  const { user, system } = process.cpuUsage();
  const cpuMs = new Map([...processes].map(([name, pid]) => [name, cpuMsOfTree(pid)]));
  return { at: performance.now(), cpuMs: cpuMs.set('generator', (user + system) / 1e3) };
};

type Readings = ReturnType<typeof readings>;

/** Of each process and of the generator. */
export const sharesBetween = (before: Readings, after: Readings): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...after.cpuMs].map(([name, ms]) => [
      name,
      // What was killed has used nothing that could be read.
      Number((Math.max(0, ms - (before.cpuMs.get(name) ?? 0)) / (after.at - before.at)).toFixed(3)),
    ]),
  );
