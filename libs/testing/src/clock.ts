/** A clock that moves when it is told to; hand `clock.now` to whoever asks for a clock. */
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
