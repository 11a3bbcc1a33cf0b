import {
  type Contract,
  Fault,
  type Handlers,
  type Operation,
  acceptsPrincipal,
  asFault,
  issueText,
  timeLeft,
} from '@parley/contracts';
import type { Context, TraceHeaders } from '@parley/contracts';
import type { BusLog, BusMeter, CallMeter } from './bus.js';
import { fingerprintOf, readerOf } from './exact.js';
import { invalidInput, faultOfNoReply, replyTooLarge } from './faults.js';
import { formerNameOf, toCurrentFields, toFormerFields } from './former-names.js';
import { contextOf, faultHeaders } from './headers.js';
import { measured } from './measured.js';
import { type Packet, encode, isTooLarge } from './packet.js';
import { inServeSpan, noteFault, traceId, traceIdIn, unrecordedTrace, withDeadline } from './trace.js';

/** Answers a request; never rejects. */
export type Answer = (request: Packet) => Promise<Packet>;

export interface Endpoint {
  readonly noun: string;
  readonly verb: string;
  readonly answer: Answer;
}

type Handler = (input: unknown, context: Context) => Promise<unknown>;

/** The endpoints of a service: one per operation of its contract, and one more under the former name of a renamed operation. */
export const endpointsOf = <C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  log: BusLog,
  meter?: BusMeter,
): Endpoint[] => {
  // Handlers<C> ties each handler to its own operation; iterating over all of them needs their common shape.
  const byNoun = handlers as unknown as Record<string, Record<string, Handler | undefined> | undefined>;
  return Object.entries(contract.nouns).flatMap(([noun, verbs]) =>
    Object.entries(verbs).flatMap(([verb, operation]): Endpoint[] => {
      const name = `${contract.service}.${noun}.${verb}`;
      const handler = byNoun[noun]?.[verb];
      if (!handler) throw new Error(`No handler for ${name}`);
      const formerName = formerNameOf(operation.former);
      const answer = (style: FieldStyle) => answering({ name, operation, handler, style }, log, meter?.served(name));
      if (formerName === undefined) return [{ noun, verb, answer: answer(operation.former ? 'both' : 'current') }];
      return [
        { noun, verb, answer: answer('current') },
        { ...formerName, answer: answer('former') },
      ];
    }),
  );
};

/** The field names of an answer: those of this release, of the previous one, or both. */
type FieldStyle = 'current' | 'former' | 'both';

interface Served {
  readonly name: string;
  readonly operation: Operation;
  readonly handler: Handler;
  readonly style: FieldStyle;
}

const answering =
  (served: Served, log: BusLog, meter: CallMeter | undefined): Answer =>
  (request) => {
    const trace = served.operation.frequent ? unrecordedTrace(request.headers) : undefined;
    const answer = async (): Promise<Packet> => {
      try {
        return await measured(meter, () => result(served, request, log, trace));
      } catch (error) {
        const fault = asFault(error);
        noteFault(fault);
        report(error, fault, { operation: served.name, trace_id: traceId() ?? traceIdIn(request.headers) }, log);
        return { body: '', headers: faultHeaders(fault) };
      }
    };
    return trace ? answer() : inServeSpan(served.name, request.headers, answer);
  };

const result = async (
  { name, operation, handler, style }: Served,
  request: Packet,
  log: BusLog,
  trace: TraceHeaders | undefined,
): Promise<Packet> => {
  const context = contextOf(request.headers, trace);
  if (!acceptsPrincipal(name, context.principal)) {
    log.error(
      { operation: name, principal: context.principal },
      'A call was refused: no service asks for this in that name',
    );
    throw new Fault('forbidden', 'system_only', 'This service may not ask for that in its own name');
  }
  // The caller no longer waits; executing the call would only delay the others.
  if (timeLeft(context.deadline) <= 0) throw faultOfNoReply('deadline_exceeded');
  const input = inputOf(operation, request);
  const output = await (trace
    ? handler(input, context)
    : withDeadline(context.deadline, () => handler(input, context)));
  const schema = operation.exact ? fingerprintOf(operation.output) : undefined;
  // The caller is in this process.
  if (request.value !== undefined) return { body: '', value: output, headers: {}, schema };
  const names = style === 'current' ? undefined : operation.former?.output;
  const body = encode(toFormerFields(output, names, style === 'both'));
  if (isTooLarge(body)) throw replyTooLarge(body.length);
  return { body, headers: {}, schema };
};

const jsonOf = ({ former }: Operation, body: string): unknown => {
  if (isTooLarge(body)) throw faultOfNoReply('too_large');
  try {
    return toCurrentFields(JSON.parse(body), former?.input);
  } catch (cause) {
    throw new Fault('invalid', 'invalid_input', 'The request is not JSON', { cause });
  }
};

const inWords = { error: issueText };

const inputOf = (operation: Operation, { value, body, schema }: Packet): unknown => {
  const input = readerOf(operation.input)(value ?? jsonOf(operation, body), schema, inWords);
  if (!input.success) throw invalidInput(input.error);
  return input.data;
};

/** Logs faults of this service, once: a Fault without a cause is an answer, or was logged by the service that it came from. */
const report = (error: unknown, { code, reason, cause }: Fault, of: object, log: BusLog): void => {
  const details = { err: error, reason, ...of };
  if (cause === undefined) return;
  if (code === 'internal') log.error(details, 'A call failed');
  else if (code === 'unavailable') log.warn(details, 'A call could not be answered for now');
};
