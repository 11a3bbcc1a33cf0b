import type { Msg } from 'nats';
import { type BatchItem, batchHeader, bytesMaxOf, decodeBatch, encodeBatch, fits } from './nats-batch.js';
import type { TurnEnd } from './turn-end.js';
import { createTurnQueue } from './turn-queue.js';

interface Options {
  readonly turnEnd: TurnEnd;
  /** Whether every process that serves the subject understands batches. */
  mayBatch(subject: string): boolean;
  /** Sends one call by itself; its answer arrives under its token. */
  sendAlone(subject: string, item: BatchItem): void;
  /** Sends a batch, whose answers arrive under `token`. */
  sendBatch(subject: string, token: string, body: Uint8Array): void;
  /** Whether the call still waits for its answer. */
  isWaiting(token: string): boolean;
}

interface Batch {
  readonly subject: string;
  /** The calls without an answer, by token. */
  readonly unanswered: Map<string, BatchItem>;
}

/**
 * The caller's side: the calls of one turn of the event loop with the same subject share a message. Each call keeps its own headers,
 * deadline and answer; answers that are ready in the same turn share one, too.
 */
export const createCallBatches = ({ turnEnd, mayBatch, sendAlone, sendBatch, isWaiting }: Options) => {
  const inFlight = new Map<string, Batch>();
  let lastBatch = 0;

  const isOver = ({ unanswered }: Batch): boolean => ![...unanswered.keys()].some(isWaiting);

  /** The oldest batches first: their calls have ended at their deadlines, if not before. */
  const forgetEnded = (): void => {
    for (const [token, batch] of inFlight) {
      if (!isOver(batch)) return;
      inFlight.delete(token);
    }
  };

  const sendTogether = (subject: string, items: readonly BatchItem[]): void => {
    const [first] = items;
    if (first === undefined) return;
    if (items.length === 1) return sendAlone(subject, first);
    const token = `b${(lastBatch += 1)}`;
    forgetEnded();
    inFlight.set(token, { subject, unanswered: new Map(items.map((item) => [item.token, item])) });
    sendBatch(subject, token, encodeBatch(items));
  };

  const send = createTurnQueue<BatchItem>(turnEnd, (subject, queued) => {
    let batch: BatchItem[] = [];
    let bytes = 0;
    for (const item of queued) {
      // Abandoned before it was sent.
      if (!isWaiting(item.token)) continue;
      const added = bytesMaxOf(item.packet);
      if (!fits(batch.length, bytes, added)) {
        sendTogether(subject, batch);
        [batch, bytes] = [[], 0];
      }
      batch.push(item);
      bytes += added;
    }
    sendTogether(subject, batch);
  });

  return {
    send: (subject: string, item: BatchItem): void =>
      mayBatch(subject) ? send(subject, item) : sendAlone(subject, item),
    /** Of the calls of a batch in flight. */
    subjectOf: (batch: string): string | undefined => inFlight.get(batch)?.subject,
    /** Ends a batch: the tokens of its calls that have no answer; undefined: the token is none of a batch in flight. */
    unanswered: (batch: string): readonly string[] | undefined => {
      const sent = inFlight.get(batch);
      inFlight.delete(batch);
      return sent && [...sent.unanswered.keys()];
    },
    /** The answers in a message that arrived under the token of a batch; undefined: the token is none of a batch in flight. */
    answersIn: (batch: string, message: Msg): readonly BatchItem[] | undefined => {
      const sent = inFlight.get(batch);
      if (!sent) return undefined;
      if (!message.headers?.has(batchHeader)) {
        // A process of the previous release received the batch and could not read it: none of the calls was executed.
        inFlight.delete(batch);
        for (const item of sent.unanswered.values()) if (isWaiting(item.token)) sendAlone(sent.subject, item);
        return [];
      }
      // Without what it does not answer: the tokens of other calls.
      const answers = decodeBatch(message.data).filter(({ token }) => sent.unanswered.delete(token));
      if (sent.unanswered.size === 0) inFlight.delete(batch);
      return answers;
    },
    /** The connection is lost, and with it every answer. */
    forget: (): void => inFlight.clear(),
  };
};
