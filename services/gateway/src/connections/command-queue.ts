import { ROOT_CONTEXT, SpanKind, context, trace as openTelemetry } from '@opentelemetry/api';
import { isFault, sendManyMax } from '@parley/contracts';
import { continueTrace, tracer, unrecordedHeaders } from '@parley/runtime';
import type { Command, Result } from '../protocol/command.js';
import type { Caller } from '../commands/caller.js';
import type { Execute } from '../commands/execute.js';
import { mayBeListed } from '../commands/messages/send-messages.js';
import type { SendList } from '../commands/messages/send-messages.js';
import type { Timings } from '../timing/timings.js';
import { KeyedQueue } from '../timing/keyed-queue.js';
import { failed, finished } from './command-answers.js';
import type { AnswerDeps, RunningCommand } from './command-answers.js';
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

export interface CommandQueueDeps extends AnswerDeps {
  readonly execute: Execute;
  readonly sendList: SendList;
  readonly timings: Pick<Timings, 'pendingCommandsMax' | 'concurrentMax' | 'ownMessageMs'>;
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
      (items) => (connection.isLive ? runAll(deps, connection, items) : Promise.resolve()),
      listedOf,
      () => connection.dropCommands(),
    );
};

/** Characters of frames in a list. With what chat stores of them beside their text, it stays below the largest body of the bus. */
const listSizeMax = 64 * 1024;

/** Sends that wait for one channel are one call of chat. */
const listedOf = (queue: readonly QueuedCommand[]): number => {
  let count = 0;
  let total = 0;
  for (const { command, size } of queue) {
    total += size;
    if (count === sendManyMax || total > listSizeMax || !mayBeListed(command)) break;
    count += 1;
  }
  return Math.max(count, 1);
};

/** Commands that come in crowds. Their calls pass the trace on by themselves. */
const passesTrace: ReadonlySet<Command['type']> = new Set(['message.send', 'channel.attach', 'session.resume']);

/** A command whose trace is recorded has spans of its own, and is run alone. */
const runAll = async (
  deps: CommandQueueDeps,
  connection: Connection,
  items: readonly QueuedCommand[],
): Promise<void> => {
  const all = items.map((queued) => begin(deps, connection, queued));
  const [only] = all;
  if (only && all.length === 1) return run(deps, connection, only);
  for (let from = 0; from < all.length;) {
    const recorded = all.findIndex(({ trace }, index) => index >= from && !trace);
    const list = all.slice(from, recorded < 0 ? all.length : recorded);
    const [first = all[from]] = list;
    if (list.length > 1) await runList(deps, connection, list);
    else if (first) await run(deps, connection, first);
    from += Math.max(list.length, 1);
  }
};

/**
 * Each frame starts a trace, or continues its client's: the calls and statements that it causes are child spans. A frequent command whose
 * trace is not recorded has no async context, which would cost more than the command.
 */
const begin = (deps: CommandQueueDeps, { id, principal }: Connection, queued: QueuedCommand): RunningCommand => {
  const { command, traceparent } = queued;
  // Text that is not a valid trace context leaves the root context as it is.
  const parent = traceparent === undefined ? ROOT_CONTEXT : continueTrace({ traceparent }, deps.trustClientSampling);
  const span = tracer().startSpan(`socket ${principal.dialect} ${command.type}`, { kind: SpanKind.SERVER }, parent);
  if (span.isRecording()) {
    span.setAttributes({
      'network.protocol.name': 'websocket',
      'parley.dialect': principal.dialect,
      'parley.intent': command.type,
      'parley.connection.id': id,
    });
  }
  const { requestId, receivedAt, size } = queued;
  const trace = passesTrace.has(command.type) ? unrecordedHeaders(span) : undefined;
  return { command, requestId, receivedAt, size, traceparent, span, parent, trace };
};

const run = (deps: CommandQueueDeps, connection: Connection, running: RunningCommand): Promise<void> => {
  const { trace, span, parent } = running;
  const work = (): Promise<void> => runOne(deps, connection, running);
  return trace ? work() : context.with(openTelemetry.setSpan(parent, span), work);
};

const runOne = async (deps: CommandQueueDeps, connection: Connection, running: RunningCommand): Promise<void> => {
  let result: Result | null;
  try {
    result = await deps.execute(running.command, callerOf(connection, running));
  } catch (error) {
    failed(deps, connection, running, error);
    return;
  }
  await finished(deps, connection, running, result);
};

const runList = async (
  deps: CommandQueueDeps,
  connection: Connection,
  all: readonly RunningCommand[],
): Promise<void> => {
  const sends = all.flatMap((running) =>
    mayBeListed(running.command) ? [{ command: running.command, caller: callerOf(connection, running) }] : [],
  );
  const outcomes = await deps.sendList(sends);
  for (const [index, running] of all.entries()) {
    const outcome = outcomes[index];
    if (isFault(outcome)) failed(deps, connection, running, outcome);
    else await finished(deps, connection, running, outcome ?? null);
  }
};

const callerOf = (connection: Connection, { requestId, receivedAt, trace }: RunningCommand): Caller => {
  const { principal } = connection;
  return { principal, connection, requestId, requestKey: null, receivedAt, trace };
};
