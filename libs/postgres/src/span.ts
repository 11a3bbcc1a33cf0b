import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { isFault } from '@parley/contracts';
import type { Database } from './connect.js';

/** A span `sql <name>` around `work`, when somebody above records; never with a parameter's value in it. */
export const withSpan = <T>(database: Database, name: string, work: () => Promise<T>): Promise<T> => {
  if (trace.getSpan(context.active())?.isRecording() !== true) return work();
  const attributes = {
    'db.system': 'postgresql',
    'db.operation.name': name,
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
        // A rule that a caller broke is an answer; only what the store itself did wrong is an error of this span.
        if (!isFault(error) || error.code === 'unavailable' || error.code === 'internal') {
          span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
        }
        throw error;
      } finally {
        span.end();
      }
    });
};
