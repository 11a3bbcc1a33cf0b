import { Fault } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import type { Result } from '../../protocol/command.js';
import { swiftyDefaults } from './settings.js';
import { socketOf } from './socket.js';
import { alice, bob, msgid, sender, sessionOf, directExample, topicExample } from '../../testing/swifty-frames.js';

const socket = socketOf(swiftyDefaults);

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

test('the path is /ws with or without a last slash, and the token in the query or the header', () => {
  expect([socket.match('/ws'), socket.match('/ws/'), socket.match('/ws/chat/1')]).toEqual([{}, {}, null]);
  const shown = (query: string, authorization?: string) =>
    socket.credentials({ path: '/ws', query: new URLSearchParams(query), headers: { authorization } });
  expect(shown('token=t')).toEqual({ kind: 'token', token: 't' });
  expect(shown('', 'Bearer t')).toEqual({ kind: 'token', token: 't' });
  expect(shown('')).toBeNull();
});
