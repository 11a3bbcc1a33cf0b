import { randomUUID } from 'node:crypto';
import type { ChannelId, Message } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Core } from '../../core.js';
import type { Caller } from '../caller.js';
import { setReaction } from './set-reaction.js';

const channelId = randomUUID() as ChannelId;

/** Chat with one message, to which the caller reacted with these emoji. `losesAnswers`: so many calls are done and not answered. */
const given = (own: readonly string[], losesAnswers = 0) => {
  const made: string[] = [];
  const seen = new Set<string>();
  const mine = new Set(own);
  let lost = losesAnswers;
  const change = (verb: 'react' | 'unreact') => (input: { emoji: string; clientId: string }) => {
    if (!seen.has(input.clientId)) {
      seen.add(input.clientId);
      made.push(`${verb} ${input.emoji}`);
      if (verb === 'react') mine.add(input.emoji);
      else mine.delete(input.emoji);
    }
    lost -= 1;
    if (lost >= 0) return Promise.reject(new Fault('unavailable', 'deadline_exceeded', 'Lost'));
    return Promise.resolve({});
  };
  const get = (): Promise<Message> => {
    const reactions = [...mine].map((emoji) => ({ emoji, count: 1, mine: true }));
    return Promise.resolve({ id: randomUUID(), channelId, reactions } as unknown as Message);
  };
  const core = { chat: { message: { get, react: change('react'), unreact: change('unreact') } } } as unknown as Core;
  const set = setReaction({ core, timings: { callMs: 5_000, sendMs: 5_000 } });
  const caller = {
    principal: {},
    connection: null,
    requestKey: null,
    receivedAt: performance.now(),
  } as unknown as Caller;
  return { made, set: (emoji: string | null, where = channelId) => set(command(emoji, where), caller) };
};
const command = (emoji: string | null, where: ChannelId) =>
  ({ type: 'reaction.set', messageNumber: 7, channelId: where, emoji }) as const;

test.each([
  [[], '👍', ['react 👍']],
  [['👍'], '👍', []],
  [['👍', '🎉'], '❤️', ['react ❤️', 'unreact 👍', 'unreact 🎉']],
  [['👍', '🎉'], '🎉', ['unreact 👍']],
  [['👍'], null, ['unreact 👍']],
  [[], null, []],
])('of %j, %s is left', async (own, emoji, made) => {
  const chat = given(own);
  const { message } = await chat.set(emoji);
  expect(chat.made).toEqual(made);
  expect(message.reactions.map((one) => one.emoji)).toEqual(emoji === null ? [] : [emoji]);
});

test('a change whose answer was lost is made once', async () => {
  const chat = given(['👍'], 1);
  await chat.set('🎉');
  expect(chat.made).toEqual(['react 🎉', 'unreact 👍']);
});

test('a message of another channel is not found, and nothing is changed', async () => {
  const chat = given([]);
  await expect(chat.set('👍', randomUUID() as ChannelId)).rejects.toMatchObject({ reason: 'message_not_found' });
  expect(chat.made).toEqual([]);
});
