import { Fault } from '@parley/contracts';
import type {
  AccountId,
  AccountPrincipal,
  ChannelId,
  ConnectionId,
  BusEventNamed,
  MessageId,
  SessionId,
} from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { ConnectionView } from '../../protocol/dialect.js';
import type { Result } from '../../protocol/command.js';
import { swiftyDefaults } from './settings.js';
import { unchanged } from '../../testing/unchanged.js';
import { socketOf } from './socket.js';

const socket = socketOf(swiftyDefaults);
const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;
const [alice, bob, msgid] = [id<string>(101), id<string>(102), id<string>(103)];

const principalOf = (n: number, handle: string): AccountPrincipal => ({
  kind: 'account',
  realm: 'swifty',
  dialect: 'swifty',
  accountId: id<AccountId>(n),
  number: n,
  handle,
  name: 'Client Name',
  sessionId: id<SessionId>(9),
});
const sender = principalOf(1, alice);
const reader = principalOf(2, bob);
const sessionOf = (principal: AccountPrincipal): ConnectionView => ({
  id: id<ConnectionId>(3),
  realm: 'swifty',
  principal,
  state: null,
  attached: new Map(),
});

// The README's examples, their placeholders replaced by uuids.
const directExample = `{
  "to": "${bob}",
  "from": "${alice}",
  "timestamp": 1234567890.123,
  "priority": "high",
  "subject": "Message subject",
  "msgid": "${msgid}",
  "acknowledge": true,
  "content": "Message content",
  "action": "message",
  "event": "event-type",
  "status": "sent",
  "conversation_id": "conversation-id",
  "msgno": 1
}`;
const topicExample = `{
  "topic_id": "my-topic",
  "from": "${alice}",
  "timestamp": 1234567890.123,
  "priority": "normal",
  "subject": "Topic message",
  "msgid": "${msgid}",
  "content": "Message content",
  "action": "topic_message",
  "event": "",
  "status": "sent",
  "msgno": 1
}`;

const decode = (frame: string, principal = sender) => socket.decode(frame, sessionOf(principal));
/** The message of the error frame, which contains the msgid of the refused frame where it has one. */
const refused = (frame: unknown): string => {
  const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
  try {
    decode(text);
  } catch (error) {
    const said = JSON.parse(socket.encodeFault(error as Fault, null) ?? '') as { type: string; message: string };
    const named = /"msgid":\s*"([^"]*)"/.exec(text)?.[1];
    expect(said).toEqual({
      type: 'error',
      message: said.message,
      ...(named !== undefined && !said.message.startsWith('Invalid JSON') && { msgid: named }),
      timestamp: expect.any(Number),
    });
    return said.message;
  }
  throw new Error('It was taken');
};
const withDirect = (more: object): object => ({ ...(JSON.parse(directExample) as object), ...more });

describe('what a device says', () => {
  test('the README’s direct message goes to that device, kept as it is', () => {
    const { command } = decode(directExample);
    expect(command).toMatchObject({
      type: 'message.send',
      target: { directWithHandle: bob },
      content: { type: 'text', text: 'Message content' },
      raw: directExample,
      reach: 'count',
    });
  });

  test('the README’s topic message goes to that topic', () => {
    const { command } = decode(topicExample);
    expect(command).toMatchObject({ type: 'message.send', target: { slug: 'my-topic' }, raw: topicExample });
  });

  test('the same frame is the same message; another under the same msgid is another', () => {
    const clientId = (frame: string) => (decode(frame).command as { clientId: string }).clientId;
    expect(clientId(directExample)).toBe(clientId(directExample));
    expect(clientId(directExample)).not.toBe(clientId(directExample.replace('Message content', 'Another')));
    expect(clientId(directExample).split('/')[0]).toBe(msgid);
  });

  test('a frame with two equal keys is refused, at any level and in any spelling: its reader may keep the other one', () => {
    const words = 'Invalid message format: a key is there twice';
    const first = (text: string, more: string) => text.replace('{', `{ ${more},`);
    expect(refused(first(directExample, `"to": "${alice}"`))).toBe(words);
    expect(refused(first(directExample, `"t\\u006f": "${alice}"`))).toBe(words);
    expect(refused(first(directExample, '"further": [{ "key": 1, "key": 1 }]'))).toBe(words);
    expect(refused(first(topicExample, '"topic_id": "another"'))).toBe(words);
    expect(refused(`{"type":"ack","msgid":"${msgid}","msgid":"${msgid}"}`)).toBe(words);
    const apart = first(directExample, '"To": "x", "further": { "to": "y", "from": ["to", { "to": "z" }] }');
    expect(decode(apart).command).toMatchObject({ target: { directWithHandle: bob }, raw: apart });
  });

  test('without the offline queue it asks to be refused when the recipient is absent', () => {
    const strict = socketOf({ ...swiftyDefaults, offlineQueue: false });
    expect(strict.decode(directExample, sessionOf(sender)).command).toMatchObject({ reach: 'or_refuse' });
    expect(strict.tracksDelivery).toBeUndefined();
  });

  test('an acknowledgement is ours', () => {
    expect(decode(JSON.stringify({ type: 'ack', msgid })).command).toEqual({
      type: 'inbox.acknowledge',
      reference: msgid,
    });
  });

  test('uuids, numbers and booleans are taken as the old server took them', () => {
    const bare = bob.replaceAll('-', '').toUpperCase();
    for (const more of [
      { to: bare },
      { to: `{${bob}}` },
      { to: `urn:uuid:${bob}` },
      { timestamp: '1.5e3', msgno: '7' },
    ]) {
      expect(decode(JSON.stringify(withDirect(more))).command).toMatchObject({ target: { directWithHandle: bob } });
    }
    expect(decode(JSON.stringify(withDirect({ acknowledge: 'yes' }))).command.type).toBe('message.send');
  });

  test.each(Object.keys(JSON.parse(directExample) as object))('a direct message without %s is refused', (key) => {
    expect(refused(withDirect({ [key]: undefined }))).toBe(`Invalid message format: missing ${key}`);
  });

  test.each(['from', 'timestamp', 'priority', 'subject', 'msgid', 'content'])(
    'so is one to a topic without %s',
    (key) => {
      const message = JSON.parse(topicExample) as object;
      expect(refused({ ...message, [key]: undefined })).toBe(`Invalid topic message format: missing ${key}`);
    },
  );

  test('schema comes before sender', () => {
    expect(refused('{')).toBe('Invalid JSON format');
    expect(refused('7')).toBe('Invalid message format: a JSON object is expected');
    expect(refused(withDirect({ from: bob, msgno: 'x' }))).toBe('Invalid message format: not as expected: msgno');
    expect(refused(withDirect({ from: bob }))).toBe('Sender UUID does not match authenticated client');
    expect(refused(withDirect({ content: 'a\0b' }))).toBe('Invalid message format: not as expected: content');
  });
});

describe('what its sender receives', () => {
  const requestId = decode(directExample).requestId;
  const topicAbout = decode(topicExample).requestId;
  const sent = (reached: number, subject = requestId) =>
    JSON.parse(
      socket.encodeResult({ type: 'message.send', reached } as Result, subject, sessionOf(sender)) ?? '',
    ) as object;
  const timestamp = expect.any(Number);

  test('confirmations', () => {
    expect(sent(1)).toEqual({ type: 'sent', message: 'Message delivered', msgid, timestamp });
    expect(sent(0)).toEqual({ type: 'error', message: `Recipient ${bob} not connected`, msgid, timestamp });
    expect(sent(3, topicAbout)).toEqual({
      type: 'topic_sent',
      message: 'Message sent to 3 subscribers',
      topic_id: 'my-topic',
      msgid,
      timestamp,
    });
  });

  test('faults in the old server’s words', () => {
    const encoded = (code: Fault['code'], reason: string, subject = topicAbout) =>
      (JSON.parse(socket.encodeFault(new Fault(code, reason, 'x'), subject) ?? '') as { message: string }).message;
    expect(encoded('not_found', 'channel_not_found')).toBe('Topic my-topic not found');
    expect(encoded('forbidden', 'not_member')).toBe('Not subscribed to topic my-topic');
    expect(encoded('not_found', 'account_not_found', requestId)).toBe(`Recipient ${bob} not connected`);
    expect(encoded('unavailable', 'bus_down', requestId)).toBe('Error processing message: x');
    const close = (code: Fault['code'], reason: string) => socket.close(new Fault(code, reason, 'x')).code;
    expect(close('unauthenticated', 'no_token')).toBe(4001);
    expect(close('unauthenticated', 'invalid_token')).toBe(1008);
    expect(close('unavailable', 'bus_down')).toBe(1013);
  });
});

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

test('the path is /ws with or without a last slash, and the token in the query or the header', () => {
  expect([socket.match('/ws'), socket.match('/ws/'), socket.match('/ws/chat/1')]).toEqual([{}, {}, null]);
  const shown = (query: string, authorization?: string) =>
    socket.credentials({ path: '/ws', query: new URLSearchParams(query), headers: { authorization } });
  expect(shown('token=t')).toEqual({ kind: 'token', token: 't' });
  expect(shown('', 'Bearer t')).toEqual({ kind: 'token', token: 't' });
  expect(shown('')).toBeNull();
});
