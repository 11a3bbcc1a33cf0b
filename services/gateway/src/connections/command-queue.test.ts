import type { ChannelId, MessageId } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Command } from '../protocol/command.js';
import { queueKeyOf } from './command-queue.js';

const channelId = '0198c5a2-7d1e-7a3b-9c4d-5e6f708192a3' as ChannelId;
const messageId = '0198c5a3-0f1e-7d2c-8b3a-49586776a5b4' as MessageId;
const content = { type: 'text' as const, text: 'x' };
const change = { messageId, clientId: 'c' };

test('a change of a message runs after earlier commands to its channel, where the client names it', () => {
  const send: Command = { type: 'message.send', target: { channelId }, clientId: 'c', content };
  const changes: Command[] = [
    { type: 'message.edit', ...change, channelId, content },
    { type: 'message.delete', ...change, channelId },
    { type: 'message.react', ...change, channelId, emoji: '👍' },
    { type: 'reaction.set', messageNumber: 7, channelId, emoji: '👍' },
  ];
  expect(changes.map(queueKeyOf)).toEqual(changes.map(() => queueKeyOf(send)));
});

test('changes of one message run in order in any case', () => {
  const changes: Command[] = [
    { type: 'message.edit', ...change, content },
    { type: 'message.unreact', ...change, emoji: '👍' },
    { type: 'message.pin', ...change },
  ];
  expect(new Set(changes.map(queueKeyOf)).size).toBe(1);
  expect(queueKeyOf({ type: 'message.pin', messageId: channelId as never, clientId: 'c' })).not.toBe(messageId);
});
