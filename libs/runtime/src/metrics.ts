import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface GaugeOptions<Label extends string> {
  readonly labels?: readonly Label[];
  readonly read?: () => number;
}

/** The metrics of one service. Asking for a name a second time gives the metric that is there. */
export interface Metrics {
  readonly registry: Registry;
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /** With `read` the value is asked for whenever the metrics are. */
  gauge<Label extends string = never>(name: string, help: string, options?: GaugeOptions<Label>): Gauge<Label>;
  /** `buckets` are upper bounds, in the unit that the name ends with. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
}

/** Carries the label `service` on everything; the metrics of the process are among them, collected once however many ask. */
export const createMetrics = (service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  addProcessMetrics(registry);
  const once = <M>(name: string, make: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? make();
  const registers = [registry];
  return {
    registry,
    counter: (name, help, labels = []) =>
      once(name, () => new Counter({ name, help, labelNames: [...labels], registers })),
    gauge: <Label extends string = never>(
      name: string,
      help: string,
      { labels = [], read }: GaugeOptions<Label> = {},
    ) => {
      // prom-client calls it before it reads the gauge.
      const collect = read && { collect: (): void => made.set(read()) };
      const made: Gauge<Label> = once(
        name,
        () => new Gauge({ name, help, labelNames: [...labels], registers, ...collect }),
      );
      return made;
    },
    histogram: (name, help, buckets, labels = []) =>
      once(name, () => new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers })),
  };
};

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
