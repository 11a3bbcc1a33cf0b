import type { Metric } from 'prom-client';

/** A histogram with fixed upper bounds. Its values are plain numbers until they are collected. */
export interface Histogram<Label extends string> {
  observe(value: number, labels?: Readonly<Record<Label, string>>): void;
  /** Resolves one set of labels; callers that observe often keep the result. */
  with(labels: Readonly<Record<Label, string>>): { observe(value: number): void };
}

interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly buckets: readonly number[];
  readonly labels: readonly string[];
}

class Series {
  readonly counts: number[];
  sum = 0;

  constructor(
    readonly labels: Readonly<Record<string, string>>,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    // Linear search: most values are small, and the bounds are few.
    while (at < this.bounds.length && value > (this.bounds[at] as number)) at += 1;
    this.counts[at] = (this.counts[at] as number) + 1;
    this.sum += value;
  }
}

/**
 * The same as prom-client's histogram at a lower cost: that one sorts and joins the labels of each observation (measured: 1 µs against 0.04
 * µs), and every call and frame is observed.
 */
export class PlainHistogram<Label extends string> implements Histogram<Label> {
  readonly name: string;
  readonly help: string;
  private readonly series = new Map<string, Series>();

  constructor(private readonly options: HistogramOptions) {
    this.name = options.name;
    this.help = options.help;
    // A histogram without labels is exported before its first observation.
    if (options.labels.length === 0) this.with({} as Record<Label, string>);
  }

  observe(value: number, labels = {} as Readonly<Record<Label, string>>): void {
    this.with(labels).observe(value);
  }

  with(labels: Readonly<Record<Label, string>>): Series {
    const given = labels as Readonly<Record<string, string>>;
    const key = this.options.labels.map((label) => given[label] ?? '').join('\0');
    let series = this.series.get(key);
    if (!series) this.series.set(key, (series = new Series({ ...given }, this.options.buckets)));
    return series;
  }

  /** Called by prom-client's registry, like `get` of its own metrics. */
  get(): Promise<object> {
    const { name, help } = this;
    const values = [...this.series.values()].flatMap((series) => this.valuesOf(series));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }

  reset(): void {
    this.series.clear();
  }

  asMetric(): Metric {
    return this as unknown as Metric;
  }

  private valuesOf({ labels, counts, sum }: Series): object[] {
    let count = 0;
    const buckets = [...this.options.buckets, '+Inf'].map((le, at) => {
      count += counts[at] ?? 0;
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
