// What a connection sends while an earlier send is answered goes to chat as a list.
import { randomUUID } from 'node:crypto';
import type { ChannelId } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { upTo } from '../../testing/fixtures.js';
import { withServices } from '../../testing/services.js';

const givenRealtime = withServices();

const lost = (): Fault => new Fault('unavailable', 'deadline_exceeded', 'Lost');

const sendOf = (channelId: ChannelId, n: number, more: object = {}) => ({
  type: 'message.send',
  target: { channelId },
  clientId: `c${n}`,
  content: { type: 'text', text: `m${n}` },
  requestId: n,
  ...more,
});

/** Sends all at once, and resolves with what was answered, in the order of the answers. */
const sendAll = async (socket: Awaited<ReturnType<Given['connect']>>, sends: readonly { requestId: number }[]) => {
  for (const send of sends) socket.send(send);
  const ids = new Set(sends.map(({ requestId }) => requestId));
  const answers = () => socket.frames.filter(({ requestId }) => ids.has(Number(requestId)));
  await socket.waitFor(() => answers().length === sends.length);
  return answers();
};
type Given = Awaited<ReturnType<typeof givenRealtime>>;

const given = async () => {
  const all = await givenRealtime();
  const ada = await all.account('ada');
  const room = await all.room(ada);
  return { ...all, ada, room, socket: await all.connect(ada.token) };
};

const sequencesOf = (answers: readonly Record<string, unknown>[]) =>
  answers.map(({ message }) => (message as { sequence: number } | undefined)?.sequence);

test('many sends to one channel are few calls, committed and answered in their order', async () => {
  await using all = await given();
  const answers = await sendAll(
    all.socket,
    upTo(100).map((n) => sendOf(all.room, n)),
  );
  expect(answers.map(({ requestId }) => requestId)).toEqual(upTo(100));
  expect(sequencesOf(answers)).toEqual(upTo(100));
  expect(all.calls.count('chat.message.sendMany')).toBeGreaterThan(0);
  expect(all.calls.count('chat.message.sendMany') + all.calls.count('chat.message.send')).toBeLessThan(50);
});

test('one that is refused fails alone, and those after it keep their order', async () => {
  await using all = await given();
  const sends = upTo(6).map((n) => sendOf(all.room, n, n === 3 ? { replyTo: randomUUID() } : {}));
  const answers = await sendAll(all.socket, sends);
  expect(answers.map(({ requestId }) => requestId)).toEqual(upTo(6));
  expect(answers[2]).toMatchObject({ fault: 'not_found', reason: 'message_not_found' });
  expect(sequencesOf(answers)).toEqual([1, 2, undefined, 3, 4, 5]);
});

test('when the answer to a list is lost, each of its messages is stored once, in order', async () => {
  await using all = await given();
  let losses = 0;
  all.calls.take = async ({ name }, answer) => {
    const answered = await answer();
    if (name !== 'chat.message.sendMany') return answered;
    losses += 1;
    throw lost();
  };
  const answers = await sendAll(
    all.socket,
    upTo(8).map((n) => sendOf(all.room, n)),
  );
  expect(losses).toBeGreaterThan(0);
  expect(answers.map(({ requestId }) => requestId)).toEqual(upTo(8));
  expect(sequencesOf(answers)).toEqual(upTo(8));
});

test('none overtakes one that chat could not attempt', async () => {
  await using all = await given();
  let refusals = 0;
  all.calls.take = ({ name }, answer) => {
    if (name !== 'topics.member.authorize' || refusals === 2) return answer();
    refusals += 1;
    return Promise.reject(lost());
  };
  const answers = await sendAll(
    all.socket,
    upTo(8).map((n) => sendOf(all.room, n)),
  );
  expect(refusals).toBe(2);
  expect(sequencesOf(answers)).toEqual(upTo(8));
});

test('a message without a client id is stored once although the answer to its list was lost', async () => {
  await using all = await given();
  all.calls.take = async ({ name }, answer) => {
    const answered = await answer();
    if (name === 'chat.message.sendMany') throw lost();
    return answered;
  };
  const answers = await sendAll(
    all.socket,
    upTo(4).map((n) => sendOf(all.room, n, { clientId: null })),
  );
  expect(sequencesOf(answers)).toEqual(upTo(4));
});
