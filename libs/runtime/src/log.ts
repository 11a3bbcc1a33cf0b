import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, destination, pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Log = Logger;

export interface LogOptions {
  readonly service: string;
  readonly level?: string;
  /** Human-readable lines for a terminal instead of JSON. */
  readonly pretty?: boolean;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

const secretKeys = [
  'authorization',
  'cookie',
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'access_token',
  'refresh_token',
  'secret',
];

/** One JSON line per event, with the ids of the active span. Written synchronously, so that nothing is lost when the process ends. */
export const createLog = ({ service, level = 'info', pretty = false, destination: out }: LogOptions): Log => {
  const target = out ?? destination({ fd: 1, sync: true });
  return pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: spanIds,
      redact: {
        paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
        censor: '[redacted]',
      },
      serializers: { err: describeError, error: describeError },
    },
    pretty ? readable(target) : target,
  );
};

const spanIds = (): object => {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
};

const depthMax = 5;

/** Only properties that hold no content: others (`detail` of PostgreSQL) quote what users typed. */
const describeError = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  const deeper = depth < depthMax;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(typeof reason === 'string' && { reason }),
    stack: error.stack,
    ...(deeper && error.cause !== undefined && { cause: describeError(error.cause, depth + 1) }),
    ...(deeper &&
      error instanceof AggregateError && {
        errors: error.errors.slice(0, depthMax).map((one) => describeError(one, depth + 1)),
      }),
  };
};

const readable = (target: DestinationStream): DestinationStream => {
  const format = prettyFactory({
    // On a terminal the printer follows its conventions, such as NO_COLOR.
    ...(!process.stdout.isTTY && { colorize: false }),
    ignore: 'pid,hostname,service',
    messageFormat: '{service}: {msg}',
    translateTime: 'SYS:HH:MM:ss.l',
    errorLikeObjectKeys: ['err', 'error'],
  });
  return { write: (text) => void target.write(format(text) ?? text) };
};
