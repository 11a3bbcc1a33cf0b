import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { type Histogram, PlainHistogram } from './histogram.js';

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** What is asked for whenever the metrics are: one number, or one for each set of labels. */
export type Read<Label extends string> = () => number | Iterable<readonly [Labels<Label>, number]>;

export interface MetricOptions<Label extends string> {
  readonly labels?: readonly Label[];
  /** So that what is counted often costs no more than adding one to a number. Readers of one name are added up. */
  readonly read?: Read<Label>;
}

/** The metrics of one service. Asking for a name a second time gives the metric that is there. */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string = never>(name: string, help: string, options?: MetricOptions<Label>): Counter<Label>;
  gauge<Label extends string = never>(name: string, help: string, options?: MetricOptions<Label>): Gauge<Label>;
  /** `buckets` are upper bounds, in the unit that the name ends with. */
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

/** Carries the label `service` on everything; the metrics of the process are among them, collected once however many ask. */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  addProcessMetrics(registry);
  const readers = new Map<string, Read<string>[]>();
  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();

  /** The options of a metric of prom-client, which calls `collect` before it reads. */
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
      const told = read();
      if (typeof told === 'number') this.inc(told);
      else for (const [labels, value] of told) this.inc(labels, value);
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

/** Beyond what prom-client measures: how busy the event loop is, and what time it is here. */
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
