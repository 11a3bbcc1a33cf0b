import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

test('who reacted is listed in the order of the reactions, to those who may read the channel', async () => {
  const [ada, bob, eve] = [await given.account('ada'), await given.account('bob'), await given.account('eve')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  const sent = { target: { channelId }, clientId: randomUUID(), content: says('x') };
  const { message } = await given.chat.message.send(sent, { principal: ada });
  const react = (principal: typeof ada, emoji: string) =>
    given.chat.message.react({ messageId: message.id, clientId: randomUUID(), emoji }, { principal });
  await react(bob, '🎉');
  await react(ada, '👍');
  await react(ada, '🎉');
  const list = (principal: typeof ada, emoji?: string) =>
    given.chat.message.reactions({ messageId: message.id, ...(emoji && { emoji }) }, { principal });
  expect(await list(bob)).toEqual([
    { emoji: '🎉', accountId: bob.accountId },
    { emoji: '👍', accountId: ada.accountId },
    { emoji: '🎉', accountId: ada.accountId },
  ]);
  expect(await list(ada, '👍')).toEqual([{ emoji: '👍', accountId: ada.accountId }]);
  await expect(list(eve)).rejects.toMatchObject({ code: 'not_found', reason: 'message_not_found' });
  await given.chat.message.unreact({ messageId: message.id, clientId: randomUUID(), emoji: '👍' }, { principal: ada });
  expect(await list(ada, '👍')).toEqual([]);
  await given.chat.message.delete({ messageId: message.id, clientId: randomUUID() }, { principal: ada });
  expect(await list(ada)).toEqual([]);
});
