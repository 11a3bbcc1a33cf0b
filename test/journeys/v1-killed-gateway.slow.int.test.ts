// A gateway is killed while a client changes messages through it: what was committed is there once, and nobody misses any of it.
import { startStack } from '@parley/testing';
import type { Frame, Stack, TestSocket } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unique } from '../clients/http.js';
import { FoldedChannel, shownOf, type V1Page } from '../clients/v1-fold.js';
import { as, textContent, v1Socket, v1User, type V1User } from '../clients/v1.js';

let stack: Stack;
let urls: readonly [dying: string, living: string];
beforeAll(async () => {
  stack = await startStack({ scale: { gateway: 2 } });
  urls = [stack.urls[0] ?? '', stack.urls[1] ?? ''];
});
afterAll(() => stack.stop());

interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: object;
}

const isEntry = ({ method }: Frame): boolean => /^(message|reaction)\./.test(String(method));
const sequenceOf = ({ params }: Frame): number => {
  const { message, sequence } = params as { message?: { sequence: number }; sequence?: number };
  return message?.sequence ?? sequence ?? 0;
};
const roomOf = async (user: V1User): Promise<string> => {
  const { body } = await as(urls[1], user)('POST /channels', { kind: 'room', title: unique('room') });
  return (body as { id: string }).id;
};
const attach = async (socket: TestSocket, channelId: string, after?: number): Promise<void> => {
  socket.send({ jsonrpc: '2.0', id: 'attach', method: 'channel.attach', params: { channelId, after } });
  await socket.waitFor(({ id }) => id === 'attach');
};
/** Changes of one message, each with a client id of its own. */
const changesOf = (channelId: string, messageId: string, count: number): Request[] =>
  Array.from({ length: count }, (_, n) => {
    const params = { messageId, channelId, clientId: `change-${n}` };
    const [method, more] = [
      ['message.edit', { content: textContent(`form ${n}`) }] as const,
      ['message.react', { emoji: '👍' }] as const,
      ['message.unreact', { emoji: '👍' }] as const,
    ][n % 3] ?? ['message.unreact', { emoji: '👍' }];
    return { id: `change-${n}`, method, params: { ...params, ...more } };
  });

test('changes that were in flight are repeated with their client ids, and each is one entry for all', async () => {
  const [ada, bob] = [await v1User(urls[1]), await v1User(urls[1], 'bob')];
  const channelId = await roomOf(ada);
  using watching = await v1Socket(urls[1], bob.token);
  await attach(watching, channelId);
  const dying = await v1Socket(urls[0], ada.token);
  await attach(dying, channelId);
  const clientId = 'the-message';
  dying.send({
    jsonrpc: '2.0',
    id: 's',
    method: 'message.send',
    params: { channelId, clientId, content: textContent('form') },
  });
  const { result } = await dying.waitFor(({ id }) => id === 's');
  const changes = changesOf(channelId, (result as { id: string }).id, 60);
  for (const { id, method, params } of changes) dying.send({ jsonrpc: '2.0', id, method, params });
  await dying.waitFor(({ id }) => id === 'change-20');
  await stack.processes.get('gateway-1')?.kill('SIGKILL');
  await dying.closed;

  const answered = new Set(dying.received.flatMap(({ id, result: done }) => (done ? [id] : [])));
  expect(answered.size).toBeLessThan(changes.length + 2);
  const reached = Math.max(...dying.received.filter(isEntry).map(sequenceOf));
  using again = await v1Socket(urls[1], ada.token);
  await attach(again, channelId, reached);
  // As a client does that was not answered, in its order.
  for (const { id, method, params } of changes.filter((change) => !answered.has(change.id))) {
    again.send({ jsonrpc: '2.0', id, method, params });
    expect(await again.waitFor((frame) => frame['id'] === id)).toMatchObject({
      result: { repeated: expect.any(Boolean) as boolean },
    });
  }
  const { body } = await as(urls[1], ada)(`GET /channels/${channelId}/messages`);
  const page = body as V1Page;
  await watching.waitFor((frame) => isEntry(frame) && sequenceOf(frame) === page.head);
  await again.waitFor((frame) => isEntry(frame) && sequenceOf(frame) === page.head);
  const expected = Array.from({ length: page.head }, (_, n) => n + 1);
  const seen = [watching.received, [...dying.received, ...again.received]].map((frames) => frames.filter(isEntry));
  for (const frames of seen) {
    expect(frames.map(sequenceOf)).toEqual(expected);
    const channel = new FoldedChannel(channelId);
    for (const frame of frames) channel.apply(frame);
    expect(channel.shown()).toEqual(shownOf(page.messages));
  }
  const clientIds = seen[0]?.slice(1).map(({ params }) => (params as { clientId: string }).clientId);
  expect(clientIds).toEqual(changes.map(({ id }) => id));
  expect(page.messages[0]?.content).toEqual(textContent('form 57'));
});
