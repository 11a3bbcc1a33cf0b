import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { type Histogram, PlainHistogram } from './histogram.js';

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** Reads a metric at collection time: one number, or one for each set of labels. */
export type Read<Label extends string> = () => number | Iterable<readonly [Labels<Label>, number]>;

export interface MetricOptions<Label extends string> {
  readonly labels?: readonly Label[];
  /** Makes frequent counting as cheap as incrementing a number. The values of several readers of one name are added. */
  readonly read?: Read<Label>;
}

/** The metrics of one service. A second call with the same name returns the existing metric. */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string = never>(name: string, help: string, options?: MetricOptions<Label>): Counter<Label>;
  gauge<Label extends string = never>(name: string, help: string, options?: MetricOptions<Label>): Gauge<Label>;
  /** `buckets` are upper bounds, in the unit at the end of the name. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
}

/** From a call within one process to the longest deadline. */
export const secondsBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Every metric has the label `service`. The metrics of the process are included, collected once per process for all services in it. */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  addProcessMetrics(registry);
  const readers = new Map<string, Read<string>[]>();
  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();

  /** Options of a prom-client metric, which calls `collect` before it reads. */
  const optionsOf = (name: string, help: string, { labels = [], read }: MetricOptions<string>) => {
    const known = readers.get(name);
    if (read) (known ?? readers.set(name, []).get(name) ?? []).push(read);
    const collect = read && { collect: collectFrom(readers.get(name) ?? []) };
    return { name, help, labelNames: [...labels], registers: [registry], ...collect };
  };
  const metrics: Metrics = {
    registry,
    counter: <Label extends string = never>(name: string, help: string, options: MetricOptions<Label> = {}) => {
      const made = optionsOf(name, help, options);
      return once(name, () => new Counter(made));
    },
    gauge: <Label extends string = never>(name: string, help: string, options: MetricOptions<Label> = {}) => {
      const made = optionsOf(name, help, options);
      return once(name, () => new Gauge(made));
    },
    histogram: (name, help, buckets, labels = []) =>
      once(name, () => {
        const made = new PlainHistogram({ name, help, buckets, labels });
        registry.registerMetric(made.asMetric());
        return made;
      }),
  };
  addEventLoopMetrics(metrics);
  return metrics;
};

function collectFrom(reads: readonly Read<string>[]) {
  return function collect(this: Counter | Gauge): void {
    this.reset();
    for (const read of reads) {
      const values = read();
      if (typeof values === 'number') this.inc(values);
      else for (const [labels, value] of values) this.inc(labels, value);
    }
  };
}

let processMetrics: Registry | undefined;

const addProcessMetrics = (registry: Registry): void => {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  for (const { name } of processMetrics.getMetricsAsArray()) {
    const metric = processMetrics.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
  }
};

/** In addition to prom-client's metrics: utilization of the event loop, and the wall clock. */
const addEventLoopMetrics = (metrics: Metrics): void => {
  metrics.counter('parley_event_loop_active_seconds_total', 'Time in which the event loop was busy', {
    read: () => performance.eventLoopUtilization().active / 1_000,
  });
  metrics.counter('parley_event_loop_idle_seconds_total', 'Time in which the event loop waited', {
    read: () => performance.eventLoopUtilization().idle / 1_000,
  });
  metrics.gauge('parley_clock_seconds', 'The time of day here, to be compared with the time of the scrape', {
    read: () => Date.now() / 1_000,
  });
};
