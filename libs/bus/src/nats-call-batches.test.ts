import type { Msg } from 'nats';
import { expect, test } from 'vitest';
import { batchHeader, encodeBatch } from './nats-batch.js';
import { createCallBatches } from './nats-call-batches.js';
import { toNatsHeaders } from './nats-packet.js';

const packet = { body: '{}', headers: {} };

test('an answer to a batch ends no call that is not in it', () => {
  const sent: string[] = [];
  const atTurnEnd: (() => void)[] = [];
  const batches = createCallBatches({
    turnEnd: { add: (work) => void atTurnEnd.push(work) },
    mayBatch: () => true,
    sendAlone: () => undefined,
    sendBatch: (_subject, token) => void sent.push(token),
    isWaiting: () => true,
  });
  const answer = (tokens: readonly string[]) =>
    ({
      data: encodeBatch(tokens.map((token) => ({ token, packet }))),
      ...toNatsHeaders({ [batchHeader]: '1' }),
    }) as Msg;
  for (const token of ['2', '3']) batches.send('rpc.chat.message.send', { token, packet });
  for (const work of atTurnEnd) work();
  const answered = (tokens: readonly string[]) => batches.answersIn('b1', answer(tokens))?.map(({ token }) => token);
  expect(sent).toEqual(['b1']);
  expect(answered(['1', '2', '2'])).toEqual(['2']);
  expect(answered(['2', '3'])).toEqual(['3']);
});
