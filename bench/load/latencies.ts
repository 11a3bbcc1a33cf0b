/** Of the samples of one window, in milliseconds; -1 without a sample. */
export interface Latencies {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const latenciesOf = (samples: readonly number[]): Latencies => {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? -1;
    return Number(value.toFixed(2));
  };
  return { samples: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
};
