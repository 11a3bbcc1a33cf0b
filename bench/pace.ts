// The publisher's side of a step: so many messages a second, each stamped as it leaves.
import { answerLines, say } from './child.js';
import type { PublishedCount } from './system.js';

const tickMs = 1;
/** A publisher that was held up does not make up for more than this; the step then counts as not offered. */
const catchUpMs = 200;

/** What each message says: its place and when it left (monotonic microseconds, one clock for the whole machine), filled up to `bytes`. */
export const textOf = (sequence: number, bytes: number): string => {
  const micros = process.hrtime.bigint() / 1000n;
  return `@~${String(sequence).padStart(10, '0')}~${String(micros).padStart(16, '0')}~`.padEnd(bytes, 'x');
};

/** Takes `rate <messages a second>` (0 stops) and `count` on stdin. */
export const publishAtPace = (publish: (sequence: number) => void): void => {
  let published = 0;
  let rate = 0;
  let from = 0;
  let sent = 0;
  const tick = (): void => {
    if (rate === 0) return;
    const due = Math.floor(((performance.now() - from) / 1000) * rate) + 1;
    const behind = due - sent - (catchUpMs / 1000) * rate;
    if (behind > 1) sent += Math.floor(behind);
    for (; sent < due; sent += 1) publish((published += 1));
    setTimeout(tick, tickMs);
  };
  const count = (): PublishedCount => ({
    published,
    cpuMs: process.cpuUsage().user / 1e3 + process.cpuUsage().system / 1e3,
  });
  answerLines({
    rate: (wanted) => {
      const answer = count();
      const idle = rate === 0;
      rate = Number(wanted);
      from = performance.now();
      sent = 0;
      if (idle) tick();
      return answer;
    },
    count,
  });
  say({ ready: true });
};
