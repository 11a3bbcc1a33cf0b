import { Fault } from '@parley/contracts';
import type { ServiceMsg } from 'nats';
import type { BusLog } from './bus.js';
import { replyTooLarge } from './faults.js';
import { faultHeaders } from './headers.js';
import type { InFlight } from './in-flight.js';
import { type BatchItem, batchHeader, bytesMaxOf, decodeBatch, encodeBatch, fits } from './nats-batch.js';
import type { Instance } from './nats-instance.js';
import { isAboveMaxPayload, isAnswerable, toNatsHeaders } from './nats-packet.js';
import type { Answer } from './serve.js';
import type { TurnEnd } from './turn-end.js';
import { createTurnQueue } from './turn-queue.js';

interface Deps {
  readonly instance: Instance;
  readonly working: InFlight;
  readonly turnEnd: TurnEnd;
  readonly log: BusLog;
}

/** Answers each call of a batch as if it had come alone; the answers that are ready in one turn of the event loop share a message. */
export const respondToBatch = (
  answer: Answer,
  request: ServiceMsg,
  { instance, working, turnEnd, log }: Deps,
): void => {
  const { id } = instance;
  const queue = createTurnQueue<BatchItem>(turnEnd, (_batch, answers) => {
    // As for a call alone: the caller has noticed that the old connection is gone.
    if (id === instance.id) for (const part of partsOf(answers)) respond(request, part, log);
  });
  const answerOne = async ({ token, packet }: BatchItem): Promise<void> => {
    queue('', { token, packet: await answer(packet) });
    // After the queue, so that stopping waits until the answer is written.
    await new Promise(setImmediate);
  };
  if (!isAnswerable(request, log)) return;
  for (const call of callsIn(request, log)) void working.track(answerOne(call));
};

const callsIn = (request: ServiceMsg, log: BusLog): readonly BatchItem[] => {
  try {
    return decodeBatch(request.data);
  } catch (error) {
    log.error({ err: error, subject: request.subject }, 'A batch of calls could not be read');
    // The caller sends the calls one by one.
    request.respond(new Uint8Array(), toNatsHeaders(faultHeaders(unreadableBatch())));
    return [];
  }
};

const unreadableBatch = (): Fault => new Fault('invalid', 'bad_batch', 'The batch of calls cannot be read');

const partsOf = (answers: readonly BatchItem[]): BatchItem[][] => {
  const parts: BatchItem[][] = [];
  let bytes = 0;
  for (const answer of answers) {
    const added = bytesMaxOf(answer.packet);
    const part = parts.at(-1);
    if (part && fits(part.length, bytes, added)) {
      part.push(answer);
      bytes += added;
    } else {
      parts.push([answer]);
      bytes = added;
    }
  }
  return parts;
};

const respond = (request: ServiceMsg, answers: readonly BatchItem[], log: BusLog): void => {
  try {
    request.respond(encodeBatch(answers), toNatsHeaders({ [batchHeader]: '1' }));
  } catch (error) {
    // The connection is closed, which the caller detects by itself.
    if (!isAboveMaxPayload(error))
      return log.warn({ err: error, subject: request.subject }, 'An answer could not be sent');
    log.error({ err: error, subject: request.subject }, "An answer is above the server's max_payload");
    const refused = answers.map(({ token, packet }) => ({
      token,
      packet: { body: '', headers: faultHeaders(replyTooLarge(packet.body.length)) },
    }));
    request.respond(encodeBatch(refused), toNatsHeaders({ [batchHeader]: '1' }));
  }
};
