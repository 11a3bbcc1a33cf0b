import { type Deadline, isCallOf, withTimeout } from '@parley/contracts';
import { ErrorCode, type Msg, type NatsConnection, NatsError } from 'nats';
import type { BusLog } from './bus.js';
import type { Connection } from './connection.js';
import type { InFlight } from './in-flight.js';
import { batchHeader } from './nats-batch.js';
import { createCallBatches } from './nats-call-batches.js';
import { bytesOf, packetOf, toNatsHeaders } from './nats-packet.js';
import type { Headers, NoReply, Packet } from './packet.js';
import { createSharedTimers } from './shared-timers.js';
import type { Attempt } from './transport.js';
import type { TurnEnd } from './turn-end.js';

type Outcome = Packet | NoReply;

interface Options {
  readonly nc: NatsConnection;
  readonly connection: Connection;
  readonly turnEnd: TurnEnd;
  readonly log: BusLog;
  readonly calls: InFlight;
  /** Under which the answers to a request with this subject arrive, up to the token. */
  prefixFor(subject: string): string;
  /** Whether every process that serves the subject understands batches. */
  mayBatch(subject: string): boolean;
}

interface Waiting {
  readonly subject: string;
  end: (outcome: Outcome) => void;
}

/** Receives answers of a service. */
type Listener = (answer: Packet, service: string) => void;

/**
 * What a request has at its end. A map to which entries are added and from which they are deleted makes a new table now and then; the former
 * one is old garbage that keeps what was in it, with everything that this leads to, until a full collection.
 */
const atItsEnd = (): void => {};

/** Requests in flight and their answers, by token. */
export const createRequests = ({ nc, connection, turnEnd, log, calls, prefixFor, mayBatch }: Options) => {
  const waiting = new Map<string, Waiting>();
  /** Answers that are not the only one to a request. */
  const listeners = new Map<string, Listener>();
  let lastToken = 0;

  const publish = (subject: string, token: string, body: Uint8Array, headers: Headers): void => {
    try {
      nc.publish(subject, body, { reply: `${prefixFor(subject)}${token}`, ...toNatsHeaders(headers) });
    } catch (error) {
      end(token, noReplyOf(error, subject, log));
    }
  };
  const batches = createCallBatches({
    turnEnd,
    mayBatch,
    sendAlone: (subject, { token, packet }) => publish(subject, token, bytesOf(packet.body), packet.headers),
    sendBatch: (subject, token, body) => publish(subject, token, body, { [batchHeader]: '1' }),
    isWaiting: (token) => waiting.has(token),
  });
  /** Ends a request, or all requests of a batch. */
  const end = (token: string, outcome: Outcome): void => {
    for (const one of batches.unanswered(token) ?? [token]) waiting.get(one)?.end(outcome);
  };
  /** Each service answers for itself only: it may know the tokens of calls to others. */
  const mayAnswer = (service: string, token: string): boolean => {
    const subject = waiting.get(token)?.subject ?? batches.subjectOf(token);
    return subject === undefined || isCallOf(service, subject);
  };
  // The server answers a flush after everything that it had queued for this client, so afterwards all of that has been read.
  const received = async (): Promise<void> => {
    if (nc.isClosed() || !connection.connected) return;
    await withTimeout(
      nc.flush().catch(() => undefined),
      readWithinMs,
      () => undefined,
    );
  };
  const atDeadline = createSharedTimers(received);
  connection.onChange((connected) => {
    if (connected) return;
    batches.forget();
    for (const { end: endOne } of [...waiting.values()]) endOne('bus_down');
  });

  return {
    /** Counts as a call in flight until it resolves. */
    send: (subject: string, packet: Packet, deadline: Deadline, attempt?: Attempt): Promise<Outcome> =>
      new Promise((resolve) => {
        const token = String((lastToken += 1));
        calls.begin();
        const ended = (outcome: Outcome): void => {
          if (!waiting.delete(token)) return;
          request.end = atItsEnd;
          cancel();
          calls.end();
          resolve(outcome);
        };
        const cancel = atDeadline(deadline, () => ended('deadline_exceeded'));
        const request: Waiting = { subject, end: ended };
        waiting.set(token, request);
        if (attempt) attempt.abandon = () => ended('deadline_exceeded');
        batches.send(subject, { token, packet });
      }),
    /** Sends a request with any number of answers, which the listener of `token` receives. */
    announce: (subject: string, token: string, headers: Headers): void =>
      publish(subject, token, new Uint8Array(), headers),
    listen: (token: string, listener: Listener): void => void listeners.set(token, listener),
    /** A message arrived under `token`, where only `service` answers. */
    receive: (service: string, token: string, message: Msg): void => {
      if (!mayAnswer(service, token)) return;
      const outcome = outcomeOf(message);
      const answers = typeof outcome === 'string' ? undefined : batches.answersIn(token, message);
      if (answers) for (const answer of answers) waiting.get(answer.token)?.end(answer.packet);
      else if (typeof outcome === 'string' || waiting.has(token)) end(token, outcome);
      else listeners.get(token.split('-', 1)[0] ?? '')?.(outcome, service);
    },
    /** The server denied requests with this subject. */
    deny: (denied: string): void => {
      for (const { subject, end: endOne } of [...waiting.values()]) if (subject === denied) endOne('denied');
    },
  };
};

/** How long a process that was starved of CPU time waits for the data that the server holds for it. */
const readWithinMs = 1_000;

const noRespondersStatus = 503;

/** For a subject without subscribers the server itself answers, without a body, and with a status that services never set. */
const outcomeOf = (message: Msg): Outcome =>
  message.headers?.code === noRespondersStatus && message.data.length === 0 ? 'no_responders' : packetOf(message);

const noReplyOf = (error: unknown, subject: string, log: BusLog): NoReply => {
  switch (error instanceof NatsError ? error.code : undefined) {
    case ErrorCode.MaxPayloadExceeded:
      return 'too_large';
    case ErrorCode.ConnectionClosed:
    case ErrorCode.ConnectionDraining:
      return 'bus_down';
    default:
      log.error({ err: error, subject }, 'A request could not be sent');
      return 'bus_down';
  }
};
