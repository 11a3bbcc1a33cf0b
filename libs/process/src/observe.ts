import type { Bus, BusMeter } from '@parley/bus';
import type { Database, DatabaseMeter } from '@parley/postgres';
import { type Histogram, type Metrics, secondsBuckets } from '@parley/runtime';

/** Measures calls and events. Created before the bus and passed to it. */
export const busMeter = (metrics: Metrics): BusMeter => {
  const labels = ['operation', 'outcome'] as const;
  const called = metrics.histogram(
    'parley_call_seconds',
    'Calls made, as the caller sees them',
    secondsBuckets,
    labels,
  );
  const served = metrics.histogram('parley_serve_seconds', 'Calls answered, without the way', secondsBuckets, labels);
  const published = new Map<string, number>();
  metrics.counter('parley_facts_told_total', 'Events published', {
    labels: ['fact'],
    read: () => [...published].map(([event, count]) => [{ fact: event }, count] as const),
  });
  return {
    called: (operation) => byOutcome(called, operation),
    served: (operation) => byOutcome(served, operation),
    published: (event) => void published.set(event, (published.get(event) ?? 0) + 1),
  };
};

/** Caches the labelled metrics of each outcome. */
const byOutcome = (
  histogram: Histogram<'operation' | 'outcome'>,
  operation: string,
): ReturnType<BusMeter['called']> => {
  const known = new Map<string, { observe(value: number): void }>();
  return (outcome, seconds) => {
    let series = known.get(outcome);
    if (!series) known.set(outcome, (series = histogram.with({ operation, outcome })));
    series.observe(seconds);
  };
};

type CountedBus = Bus & {
  readonly counts: { refusedEvents: number; droppedEvents: number; denied: number; disconnections: number };
};

/** Exports the state and the counters of the bus itself. */
export const exposeBusMetrics = (metrics: Metrics, bus: CountedBus): void => {
  metrics.gauge('parley_bus_connected', '1 while connected to NATS (in one process: while open)', {
    read: () => Number(bus.connected),
  });
  metrics.counter('parley_bus_disconnections_total', 'How often the connection to NATS was lost', {
    read: () => bus.counts.disconnections,
  });
  metrics.counter(
    'parley_bus_denied_total',
    'Calls, events and subscriptions that NATS refused for want of a permission',
    {
      read: () => bus.counts.denied,
    },
  );
  metrics.counter('parley_facts_dropped_total', 'Events that were not published on a scope, because the bus was away', {
    read: () => bus.counts.droppedEvents,
  });
  metrics.counter('parley_facts_refused_total', 'Events received that do not match their schema', {
    read: () => bus.counts.refusedEvents,
  });
};

/** Measures statements and transactions by their names in the code. */
export const databaseMeter = (metrics: Metrics): DatabaseMeter => {
  const labels = ['operation', 'outcome'] as const;
  const seconds = metrics.histogram(
    'parley_database_seconds',
    'Statements and transactions, waiting for a connection included',
    secondsBuckets,
    labels,
  );
  return (operation, outcome, took) => seconds.observe(took, { operation, outcome });
};

/** Exports the state of a pool, and what the migration of its schema did. */
export const exposeDatabaseMetrics = (metrics: Metrics, database: Database): void => {
  const { schema } = database;
  metrics.gauge('parley_database_connections', 'Connections to PostgreSQL', {
    labels: ['schema', 'state'],
    read: () => {
      const { used, free } = database.pool();
      return [
        [{ schema, state: 'used' }, used],
        [{ schema, state: 'free' }, free],
      ];
    },
  });
  metrics.gauge('parley_database_waiting', 'Statements that wait for a connection', {
    labels: ['schema'],
    read: () => [[{ schema }, database.pool().waiting]],
  });
  metrics.counter('parley_migrations_applied_total', 'Migrations that this process applied', {
    labels: ['schema'],
    read: () => [[{ schema }, database.migrated.applied]],
  });
  metrics.gauge('parley_migration_seconds', 'How long migrating took when this process started, waiting included', {
    labels: ['schema'],
    read: () => [[{ schema }, database.migrated.seconds]],
  });
};
