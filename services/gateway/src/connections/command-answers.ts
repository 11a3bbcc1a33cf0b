import { ROOT_CONTEXT, SpanStatusCode, context, trace as openTelemetry } from '@opentelemetry/api';
import type { Context, Span } from '@opentelemetry/api';
import { asFault } from '@parley/contracts';
import type { Fault, FaultCode, TraceHeaders } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { RequestId, Result } from '../protocol/command.js';
import type { Stream } from '../streams/stream.js';
import type { Timings } from '../timing/timings.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import type { Connection } from './connection.js';
import type { QueuedCommand } from './queued-command.js';

/** A command that has its turn. */
export interface RunningCommand extends QueuedCommand {
  readonly span: Span;
  /** Of a command that has no async context. */
  readonly trace?: TraceHeaders | undefined;
  readonly parent: Context;
}

export interface AnswerDeps {
  readonly counters: ConnectionMetrics;
  readonly timings: Pick<Timings, 'ownMessageMs'>;
  readonly clock: () => number;
  readonly log: Log;
}

/** Answers with the result of a command, if it has one. Never rejects. */
export const finished = async (
  deps: AnswerDeps,
  connection: Connection,
  running: RunningCommand,
  result: Result | null,
): Promise<void> => {
  const { command, requestId, span } = running;
  try {
    const place = result && placeBefore(connection, result, requestId);
    if (place) await answerAfter(deps, connection, running, result, place);
    else if (result) connection.answer(result, requestId);
    // A client goes on when it has this answer, and thousands that arrive together would each wait for the window.
    if (command.type === 'channel.attach' || command.type === 'session.resume') connection.writeSoon();
    measure(deps, running, 'ok');
    span.end();
  } catch (error) {
    failed(deps, connection, running, error);
  }
};

/** Answers with the fault of a command. */
export const failed = (deps: AnswerDeps, connection: Connection, running: RunningCommand, error: unknown): void => {
  const fault = asFault(error);
  note(running.span, fault);
  measure(deps, running, fault.code);
  refuse(deps, connection, fault, running);
  running.span.end();
};

interface InboxPlace {
  readonly stream: Stream;
  readonly sequence: number;
}

/** The message in the connection's inbox that the answer follows, in dialects where it does. */
const placeBefore = (connection: Connection, result: Result, requestId: RequestId | undefined): InboxPlace | null => {
  if (!('inboxSequence' in result) || result.inboxSequence === null) return null;
  const { adapter, inbox } = connection;
  if (!inbox || !adapter.answersAfterMessage?.(requestId, connection)) return null;
  return { stream: inbox.stream, sequence: result.inboxSequence };
};

const answerAfter = async (
  { timings }: AnswerDeps,
  connection: Connection,
  { requestId }: RunningCommand,
  result: Result,
  { stream, sequence }: InboxPlace,
): Promise<void> => {
  if (connection.isLive && stream.isLiveFor(connection)) await stream.sequencer.reached(sequence, timings.ownMessageMs);
  connection.answerInOrder(result, requestId);
};

const refuse = (
  { log }: AnswerDeps,
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

const measure = (
  { counters, clock }: AnswerDeps,
  { command, receivedAt }: QueuedCommand,
  outcome: 'ok' | FaultCode,
): void => counters.answered.observe((clock() - receivedAt) / 1_000, { intent: command.type, outcome });

const note = (span: Span, fault: Fault): void => {
  span.setAttributes({ 'error.type': fault.reason, 'parley.fault.code': fault.code });
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};
