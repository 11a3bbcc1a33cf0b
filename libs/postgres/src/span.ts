import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { isFault } from '@parley/contracts';
import type { Database } from './connect.js';

/** Measures `work` under a name, and creates a span `sql <name>` around it when the trace is recorded; never with a parameter's value. */
export const named = async <T>(database: Database, name: string, work: () => Promise<T>): Promise<T> => {
  const { meter } = database;
  const startedAt = performance.now();
  const report = (outcome: 'ok' | 'refused' | 'failed'): void =>
    meter?.(name, outcome, (performance.now() - startedAt) / 1_000);
  try {
    const result = await inSpan(database, name, work);
    report('ok');
    return result;
  } catch (error) {
    report(isOurs(error) ? 'failed' : 'refused');
    throw error;
  }
};

/** A rule that the caller broke is a valid answer; only failures of the store are errors. */
const isOurs = (error: unknown): boolean =>
  !isFault(error) || error.code === 'unavailable' || error.code === 'internal';

const inSpan = <T>(database: Database, name: string, work: () => Promise<T>): Promise<T> => {
  if (trace.getSpan(context.active())?.isRecording() !== true) return work();
  const attributes = {
    'db.system.name': 'postgresql',
    'db.query.summary': name,
    'db.namespace': database.schema,
  };
  return trace
    .getTracer('@parley/postgres')
    .startActiveSpan(`sql ${name}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      try {
        return await work();
      } catch (error) {
        const reason = isFault(error) ? error.reason : 'internal';
        span.setAttribute('error.type', reason);
        if (isOurs(error)) span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
        throw error;
      } finally {
        span.end();
      }
    });
};
