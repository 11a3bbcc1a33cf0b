import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { asFault } from '@parley/contracts';
import type { Fault, FaultCode } from '@parley/contracts';
import { continueTrace, tracer } from '@parley/runtime';
import type { RequestId, Command, Result } from '../protocol/dialect.js';
import { execute } from '../commands/execute.js';
import type { ConnectionCommand } from '../commands/execute.js';
import { KeyedQueue } from '../timing/keyed-queue.js';
import type { Connection } from './connection.js';

export interface QueuedCommand {
  readonly command: ConnectionCommand;
  readonly requestId: RequestId | undefined;
  readonly receivedAt: number;
  /** The trace that the client began. */
  readonly traceparent?: string | undefined;
}

/** What must stay in order among itself. */
export const queueKeyOf = (command: Command): string => {
  switch (command.type) {
    case 'message.send':
      return Object.values(command.target)[0] as string;
    case 'message.direct':
      return JSON.stringify(command.to);
    case 'channel.attach':
    case 'channel.detach':
    case 'session.resume':
      return 'attach';
    default:
      return command.type;
  }
};

/** The queue of one connection: its frames in order per channel, each answered or refused. */
export const createCommandQueue = (connection: Connection): KeyedQueue<QueuedCommand> => {
  const { pendingCommandsMax: pendingMax, concurrentMax } = connection.ground.timings;
  const work = (queued: QueuedCommand): Promise<void> =>
    inFrameSpan(connection, queued, async (span) => {
      try {
        const result = await execute(connection, queued);
        if (result) await answer(connection, result, queued.requestId);
        measure(connection, queued, 'ok');
      } catch (error) {
        const fault = asFault(error);
        note(span, fault);
        measure(connection, queued, fault.code);
        connection.refuseFrame(fault, queued.requestId);
      }
    });
  return new KeyedQueue({ pendingMax, concurrentMax }, work, () => {
    connection.commands = null;
  });
};

const answer = async (connection: Connection, result: Result, requestId: RequestId | undefined): Promise<void> => {
  const { inbox, adapter, ground } = connection;
  const inboxSequence = result.type === 'message.send' ? result.inboxSequence : null;
  if (inboxSequence === null || !inbox || !adapter.answersAfterMessage?.(requestId, connection))
    return connection.answer(result, requestId);
  if (connection.isLive && inbox.isLiveFor(connection)) await inbox.reached(inboxSequence, ground.timings.ownMessageMs);
  connection.answerInOrder(result, requestId);
};

/** Each frame begins a trace, or continues that of its client: what calls and statements it leads to hang below. */
const inFrameSpan = async (
  connection: Connection,
  { command, traceparent }: QueuedCommand,
  work: (span: Span) => Promise<void>,
): Promise<void> => {
  if (!connection.isLive) return;
  const name = `socket ${connection.principal.dialect} ${command.type}`;
  // A text that is no trace context leaves the root as it is.
  const parent =
    traceparent === undefined ? ROOT_CONTEXT : continueTrace({ traceparent }, connection.ground.trustClientSampling);
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER }, parent);
  if (span.isRecording()) span.setAttributes(attributesOf(connection, command));
  try {
    await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    // Only what a wire throws while it encodes can come here.
    connection.ground.log.error({ err: error, connectionId: connection.id }, 'An answer could not be encoded');
  } finally {
    span.end();
  }
};

const attributesOf = ({ id, principal }: Connection, command: ConnectionCommand) => ({
  'network.protocol.name': 'websocket',
  'parley.dialect': principal.dialect,
  'parley.intent': command.type,
  'parley.connection.id': id,
});

const measure = ({ ground }: Connection, { command, receivedAt }: QueuedCommand, result: 'ok' | FaultCode): void =>
  ground.counters.answered.observe((ground.clock() - receivedAt) / 1_000, { intent: command.type, outcome: result });

const note = (span: Span, fault: Fault): void => {
  span.setAttributes({ 'error.type': fault.reason, 'parley.fault.code': fault.code });
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};
