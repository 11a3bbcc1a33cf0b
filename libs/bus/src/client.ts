import {
  type CallOptions,
  type Client,
  type Contract,
  Fault,
  type Operation,
  type TraceHeaders,
  asFault,
  callSubject,
  deadlineIn,
} from '@parley/contracts';
import { callWithRetry } from './call-with-retry.js';
import { fingerprintOf, readerOf } from './exact.js';
import { invalidOutput, faultOfNoReply } from './faults.js';
import { formerSubject, toCurrentFields, toFormerFields } from './former-names.js';
import { faultOf, principalHeaders } from './headers.js';
import { type Packet, encode, isTooLarge } from './packet.js';
import { secondsSince } from './measured.js';
import { inCallSpan, traceHeaders, traceIdIn } from './trace.js';
import type { Transport } from './transport.js';

type Call = (input: unknown, options: CallOptions) => Promise<unknown>;

const deadlineMsDefault = 5000;

/** The caller's side of a contract: one function per operation. */
export const clientOf = <C extends Contract>(contract: C, transport: Transport): Client<C> => {
  // The responders of the service are known before the first call.
  transport.responders?.watch(contract.service);
  const nouns = Object.entries(contract.nouns).map(([noun, verbs]): [string, Record<string, Call>] => {
    const calls = Object.entries(verbs).map(([verb, operation]): [string, Call] => [
      verb,
      calling(
        transport,
        contract.service,
        callSubject(contract.service, noun, verb),
        `${contract.service}.${noun}.${verb}`,
        operation,
      ),
    ]);
    return [noun, Object.fromEntries(calls)];
  });
  // The shape follows from iterating over the contract, which the compiler cannot follow.
  return Object.fromEntries(nouns) as Client<C>;
};

const calling = (transport: Transport, service: string, subject: string, name: string, operation: Operation): Call => {
  const { former } = operation;
  const otherSubject = formerSubject(service, former);
  const formerOf = (input: unknown) =>
    otherSubject === undefined
      ? undefined
      : { subject: otherSubject, body: () => encode(toFormerFields(input, former?.input)) };
  const read = readerOf(operation.output);
  // Former names of an operation and of its input are for a server of the previous release, which gets a body. Those of the output are not
  // read here: within one process both sides are of this release.
  const handsOver =
    transport.handsOver && operation.exact === true && otherSubject === undefined && former?.input === undefined;
  const meter = transport.meter?.called(name);
  const bodyOf = (input: unknown): string => {
    const body = encode(otherSubject === undefined ? toFormerFields(input, former?.input, true) : input);
    if (isTooLarge(body)) throw faultOfNoReply('too_large');
    return body;
  };
  const call: Call = async (input, options) => {
    const startedAt = performance.now();
    const trace = options.trace ?? traceHeaders();
    try {
      const deadline = options.deadline ?? deadlineIn(operation.deadlineMs ?? deadlineMsDefault);
      const headers = { ...principalHeaders(options.principal), ...trace };
      // A body for a server of the previous release has fields that the schema does not know.
      const schema = options.isParsed && !former?.input ? fingerprintOf(operation.input) : undefined;
      const packet: Packet = handsOver
        ? { body: '', value: input, headers, schema }
        : { body: bodyOf(input), headers, schema };
      const question = { service, subject, packet, deadline, former: formerOf(input) };
      const answer = await callWithRetry(transport, question, operation.repeatable === true);
      if ('noReply' in answer) throw faultOfNoReply(answer.noReply, answer.undelivered);
      const output = outputOf(operation, read, answer);
      meter?.('ok', secondsSince(startedAt));
      return output;
    } catch (error) {
      const fault = withoutCause(asFault(error), name, transport, trace);
      meter?.(fault.code, secondsSince(startedAt));
      throw fault;
    }
  };
  return (input, options) => inCallSpan(name, () => call(input, options));
};

/** A Fault with a cause arose on this side: it is logged here and returned without its cause, so that it is logged only once. */
const withoutCause = (fault: Fault, operation: string, { log }: Transport, trace: TraceHeaders): Fault => {
  if (fault.cause === undefined) return fault;
  log.error({ err: fault, operation, trace_id: traceIdIn(trace) }, 'A call had no readable answer');
  return new Fault(fault.code, fault.reason, fault.message);
};

const outputOf = ({ former }: Operation, read: ReturnType<typeof readerOf>, answer: Packet): unknown => {
  const fault = faultOf(answer.headers);
  if (fault) throw fault;
  const output = read(answer.value ?? toCurrentFields(jsonOf(answer), former?.output), answer.schema);
  if (!output.success) throw invalidOutput(output.error);
  return output.data;
};

const jsonOf = ({ body }: Packet): unknown => {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw invalidOutput(cause);
  }
};
