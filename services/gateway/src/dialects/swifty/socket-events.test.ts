import type { AccountPrincipal, ChannelId, BusEventNamed, MessageId } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { swiftyDefaults } from './settings.js';
import { unchanged } from '../../testing/unchanged.js';
import { socketOf } from './socket.js';
import { id, alice, bob, sender, reader, sessionOf, directExample, topicExample } from '../../testing/swifty-frames.js';

const socket = socketOf(swiftyDefaults);

describe('what a device receives', () => {
  const channel = {
    id: id<ChannelId>(4),
    number: 1,
    kind: 'direct' as const,
    slug: null,
    title: '',
    membershipVersion: 1,
  };
  const eventOf = (
    raw: string | null,
    inboxOf: AccountPrincipal | null,
    kind: 'direct' | 'topic' = 'direct',
  ): BusEventNamed<'message.created'> => ({
    name: 'message.created',
    realm: 'swifty',
    channel: { ...channel, kind, slug: kind === 'topic' ? 'my-topic' : null },
    inbox: inboxOf && { accountId: inboxOf.accountId, sequence: 5 },
    origin: null,
    message: {
      id: id<MessageId>(6),
      number: 42,
      channelId: channel.id,
      sequence: 7,
      sender: { id: sender.accountId, number: 1, handle: alice, name: 'Alice' },
      clientId: 'c',
      content: { type: 'text', text: 'Message content' },
      raw,
      sentAt: '2024-01-01T12:00:00.500Z',
      ...unchanged,
    },
    thread: null,
  });

  test('a direct message comes verbatim to its recipient, and not back to its sender', () => {
    expect(socket.encodeEvent(eventOf(directExample, reader), reader)).toEqual({ frame: directExample });
    expect(socket.encodeEvent(eventOf(directExample, sender), sender)).toBeNull();
    const toSelf = directExample.replace(bob, alice);
    expect(socket.encodeEvent(eventOf(toSelf, sender), sender)).toEqual({ frame: toSelf });
  });

  test('a message that was deleted, or that only its thread shows, is not sent and needs no acknowledgement', () => {
    const said = eventOf(directExample, reader);
    for (const change of [{ deletedAt: said.message.sentAt, raw: null }, { inChannel: false }]) {
      const event = { ...said, message: { ...said.message, ...change } };
      expect(socket.encodeEvent(event, reader)).toBeNull();
      expect(socket.wantsAcknowledgement?.(event, reader)).toBe(false);
    }
  });

  test('a message that was edited has its new text in the sender’s frame', () => {
    const said = eventOf(directExample, reader);
    const content = { type: 'text' as const, text: 'Other content' };
    const event = { ...said, message: { ...said.message, content, editedAt: said.message.sentAt } };
    expect(JSON.parse(socket.encodeEvent(event, reader)?.frame ?? '')).toEqual({
      ...(JSON.parse(directExample) as object),
      content: 'Other content',
    });
  });

  test('a topic message comes verbatim to all but its sender', () => {
    const encoded = socket.encodeEvent(eventOf(topicExample, null, 'topic'), null);
    expect(encoded?.frame).toBe(topicExample);
    expect([sender, reader].map((one) => encoded?.accepts?.(sessionOf(one)))).toEqual([false, true]);
  });

  test('what another wire said comes in the words of this one', () => {
    for (const raw of [null, '{"x":1}', 'no JSON']) {
      expect(JSON.parse(socket.encodeEvent(eventOf(raw, reader), reader)?.frame ?? '')).toEqual({
        to: bob,
        from: alice,
        timestamp: 1704110400.5,
        priority: 'normal',
        subject: '',
        msgid: id(6),
        acknowledge: false,
        content: 'Message content',
        action: 'message',
        event: '',
        status: 'sent',
        conversation_id: channel.id,
        msgno: 7,
      });
    }
    expect(JSON.parse(socket.encodeEvent(eventOf(null, null, 'topic'), null)?.frame ?? '')).toMatchObject({
      topic_id: 'my-topic',
      from: alice,
      content: 'Message content',
      action: 'topic_message',
    });
  });

  test('its sender wants to know of one with acknowledge, from its reader alone', () => {
    const quiet = directExample.replace('"acknowledge": true', '"acknowledge": false');
    expect(socket.wantsAcknowledgement?.(eventOf(directExample, reader), reader)).toBe(true);
    expect(socket.wantsAcknowledgement?.(eventOf(quiet, reader), reader)).toBe(false);
    expect(socket.wantsAcknowledgement?.(eventOf(directExample, sender), sender)).toBe(false);
    expect(socket.wantsAcknowledgement?.(eventOf(null, reader), reader)).toBe(false);
  });
});
