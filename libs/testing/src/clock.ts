/** A clock that advances only on request; pass `clock.now` to code that takes a clock. */
export interface FakeClock {
  now(): number;
  advance(ms: number): void;
}

export const fakeClock = (start = Date.UTC(2026, 0, 1)): FakeClock => {
  let time = start;
  return {
    now: () => time,
    advance: (ms) => {
      time += ms;
    },
  };
};
