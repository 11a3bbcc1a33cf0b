import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace as openTelemetry } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { asFault } from '@parley/contracts';
import type { Fault, FaultCode, TraceHeaders } from '@parley/contracts';
import { continueTrace, tracer, unrecordedHeaders } from '@parley/runtime';
import type { RequestId, Command, Result } from '../protocol/command.js';
import type { ExecutedCommand, Execute } from '../commands/execute.js';
import type { Log } from '@parley/runtime';
import type { Timings } from '../timing/timings.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import { KeyedQueue } from '../timing/keyed-queue.js';
import type { Connection } from './connection.js';
import type { QueuedCommand } from './queued-command.js';

/** Commands of one connection with the same key run in order. */
export const queueKeyOf = (command: Command): string => {
  switch (command.type) {
    case 'message.send':
      return Object.values(command.target)[0] as string;
    // After earlier commands to its channel, where that is known; in any case after earlier changes of the same message.
    case 'message.edit':
    case 'message.delete':
    case 'message.react':
    case 'message.unreact':
    case 'message.pin':
    case 'message.unpin':
      return command.channelId ?? command.messageId;
    case 'reaction.set':
      return command.channelId ?? String(command.messageNumber);
    case 'message.direct':
      return JSON.stringify(command.to);
    case 'channel.attach':
    case 'channel.detach':
    case 'session.resume':
      return 'attach';
    case 'presence.subscribe':
    case 'presence.unsubscribe':
      return 'presence';
    case 'receipt.record':
      // Positions move forward only, so their order does not matter; waiting for one answer would slow the next one down.
      return `receipt ${command.channelId} ${command.read} ${command.delivered}`;
    default:
      return command.type;
  }
};

export interface CommandQueueDeps {
  readonly execute: Execute;
  readonly counters: ConnectionMetrics;
  readonly timings: Pick<Timings, 'pendingCommandsMax' | 'concurrentMax' | 'ownMessageMs'>;
  readonly clock: () => number;
  readonly log: Log;
  /** Whether the `sampled` flag of a client's trace decides what is recorded. */
  readonly trustClientSampling: boolean;
}

/** Creates the command queue of a connection: its commands run in order per key, and each is answered with a result or an error. */
export const createCommandQueues = (
  deps: CommandQueueDeps,
): ((connection: Connection) => KeyedQueue<QueuedCommand>) => {
  const { pendingCommandsMax: pendingMax, concurrentMax } = deps.timings;
  return (connection) =>
    new KeyedQueue(
      { pendingMax, concurrentMax },
      (queued) => (connection.isLive ? runInTrace(deps, connection, queued) : Promise.resolve()),
      () => connection.dropCommands(),
    );
};

/** Commands that come in crowds. Their calls pass the trace on by themselves. */
const passesTrace: ReadonlySet<Command['type']> = new Set(['message.send', 'channel.attach', 'session.resume']);

/**
 * Each frame starts a trace, or continues its client's: the calls and statements that it causes are child spans. A frequent command whose
 * trace is not recorded has no async context, which would cost more than the command.
 */
const runInTrace = (deps: CommandQueueDeps, connection: Connection, queued: QueuedCommand): Promise<void> => {
  const { command, traceparent } = queued;
  const name = `socket ${connection.principal.dialect} ${command.type}`;
  // Text that is not a valid trace context leaves the root context as it is.
  const parent = traceparent === undefined ? ROOT_CONTEXT : continueTrace({ traceparent }, deps.trustClientSampling);
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER }, parent);
  if (span.isRecording()) span.setAttributes(attributesOf(connection, command));
  const trace = passesTrace.has(command.type) ? unrecordedHeaders(span) : undefined;
  if (trace) return run(deps, connection, { ...queued, span, trace });
  return context.with(openTelemetry.setSpan(parent, span), run, undefined, deps, connection, { ...queued, span });
};

interface RunningCommand extends QueuedCommand {
  readonly span: Span;
  readonly trace?: TraceHeaders;
}

const run = async (deps: CommandQueueDeps, connection: Connection, running: RunningCommand): Promise<void> => {
  const { command, requestId, receivedAt, trace, span } = running;
  try {
    const { principal } = connection;
    const result = await deps.execute(command, {
      ...{ principal, connection, requestId, requestKey: null, receivedAt, trace },
    });
    if (result) await answer(deps, connection, result, requestId);
    // A client goes on when it has this answer, and thousands that arrive together would each wait for the window.
    if (command.type === 'channel.attach' || command.type === 'session.resume') connection.writeSoon();
    measure(deps, running, 'ok');
  } catch (error) {
    const fault = asFault(error);
    note(span, fault);
    measure(deps, running, fault.code);
    refuse(deps, connection, fault, running);
  } finally {
    span.end();
  }
};

const answer = async (
  { timings }: CommandQueueDeps,
  connection: Connection,
  result: Result,
  requestId: RequestId | undefined,
): Promise<void> => {
  const { adapter } = connection;
  const stream = connection.inbox?.stream;
  const inboxSequence = 'inboxSequence' in result ? result.inboxSequence : null;
  if (inboxSequence === null || !stream || !adapter.answersAfterMessage?.(requestId, connection))
    return connection.answer(result, requestId);
  if (connection.isLive && stream.isLiveFor(connection))
    await stream.sequencer.reached(inboxSequence, timings.ownMessageMs);
  connection.answerInOrder(result, requestId);
};

const refuse = (
  { log }: CommandQueueDeps,
  connection: Connection,
  fault: Fault,
  { requestId, trace, span }: RunningCommand,
): void => {
  const send = (): void => connection.refuseFrame(fault, requestId);
  try {
    // Only this one is logged, with the trace of the active context.
    if (trace && fault.code === 'internal') context.with(openTelemetry.setSpan(ROOT_CONTEXT, span), send);
    else send();
  } catch (error) {
    // Only a dialect that encodes an error can throw here.
    log.error({ err: error, connectionId: connection.id }, 'An answer could not be encoded');
  }
};

const attributesOf = ({ id, principal }: Connection, command: ExecutedCommand) => ({
  'network.protocol.name': 'websocket',
  'parley.dialect': principal.dialect,
  'parley.intent': command.type,
  'parley.connection.id': id,
});

const measure = (
  { counters, clock }: CommandQueueDeps,
  { command, receivedAt }: QueuedCommand,
  outcome: 'ok' | FaultCode,
): void => counters.answered.observe((clock() - receivedAt) / 1_000, { intent: command.type, outcome });

const note = (span: Span, fault: Fault): void => {
  span.setAttributes({ 'error.type': fault.reason, 'parley.fault.code': fault.code });
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};
