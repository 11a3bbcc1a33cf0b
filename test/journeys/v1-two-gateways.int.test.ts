import { eventually, type Frame, openSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { as, v1User, type V1User } from '../clients/v1.js';

const textOf = (frame: Frame) => (frame['params'] as { message: { content: { text: string } } }).message.content.text;
const said = (frames: readonly Frame[]) => frames.filter(({ method }) => method === 'message.created').map(textOf);

/** A raw socket, without the SDK that would repair and reconnect. */
const opened = async (url: string, user: V1User) => {
  const socket = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${user.token}` } });
  await socket.waitFor('session.opened');
  let asked = 0;
  const call = async (method: string, params: object = {}) => {
    const id = (asked += 1);
    socket.send({ jsonrpc: '2.0', id, method, params });
    return socket.waitFor((frame) => frame['id'] === id);
  };
  let sent = 0;
  const say = (target: object, text: string) =>
    call('message.send', { ...target, clientId: `c${(sent += 1)}`, content: { type: 'text', text } });
  return { ...socket, call, say, [Symbol.dispose]: () => socket[Symbol.dispose]() };
};

journey('two sockets on two gateways, frame by frame', ({ url, otherUrl }) => {
  const channelOf = async (user: V1User, kind: string, more: object = {}) => {
    const { body } = await as(url, user)('POST /channels', { kind, title: unique(kind), ...more });
    return (body as { id: string }).id;
  };

  test('an acknowledged message is received by all who attached, the sender too, with the sequence of the answer', async () => {
    const [ada, bob] = [await v1User(url), await v1User(otherUrl, 'bob')];
    const channelId = await channelOf(ada, 'room');
    using adas = await opened(url, ada);
    using bobs = await opened(otherUrl, bob);
    for (const each of [adas, bobs]) await each.call('channel.attach', { channelId });
    const { result } = await adas.say({ channelId }, 'hello');
    expect(result).toMatchObject({ channelId, sequence: 1, repeated: false });
    const { id, number } = result as { id: string; number: number };
    for (const each of [adas, bobs]) {
      const { params } = await each.waitFor('message.created');
      expect(params).toMatchObject({ message: { id, number, sequence: 1, clientId: 'c1', sender: { id: ada.id } } });
    }
    bobs.send({ jsonrpc: '2.0', method: 'typing.start', params: { channelId } });
    expect(await adas.waitFor('typing.started')).toMatchObject({ params: { channelId, account: { id: bob.id } } });
    expect(bobs.received.some(({ method }) => method === 'typing.started')).toBe(false);
  });

  test('a first direct message reaches somebody who never attached anything', async () => {
    const [ada, bob] = [await v1User(url), await v1User(otherUrl, 'bob')];
    using adas = await opened(url, ada);
    using bobs = await opened(otherUrl, bob);
    const { result } = await adas.say({ directWith: bob.id }, 'psst');
    const { channelId } = result as { channelId: string };
    expect(result).toMatchObject({ sequence: 1, inboxSequence: 1 });
    for (const each of [adas, bobs])
      expect(await each.waitFor('message.created')).toMatchObject({
        params: { inboxSequence: 1, message: { channelId, sequence: 1 } },
      });
    expect(await bobs.call('channel.attach', { channelId })).toMatchObject({
      error: { data: { reason: 'direct_channel' } },
    });
  });

  test('whoever detaches receives no more, and resumes exactly where it left; a number nobody knows begins anew', async () => {
    const [ada, bob] = [await v1User(url), await v1User(otherUrl, 'bob')];
    const channelId = await channelOf(ada, 'room');
    using adas = await opened(url, ada);
    using bobs = await opened(otherUrl, bob);
    await bobs.call('channel.attach', { channelId });
    await adas.say({ channelId }, 'one');
    await bobs.waitFor('message.created');
    await bobs.call('channel.detach', { channelId });
    await adas.say({ channelId }, 'two');
    await adas.say({ directWith: bob.id }, 'three');
    // What was said later has come, and what was said in the channel has not.
    await bobs.waitFor((frame) => frame['method'] === 'message.created' && textOf(frame) === 'three');
    expect(said(bobs.received)).toEqual(['one', 'three']);

    const resumed = await bobs.call('session.resume', { inbox: 1, channels: { [channelId]: 1 } });
    expect(resumed).toMatchObject({
      result: {
        inbox: { outcome: 'replayed', count: 0, head: 1 },
        channels: { [channelId]: { outcome: 'replayed', count: 1, head: 2 } },
      },
    });
    // Replayed before the answer.
    expect(said(bobs.received)).toEqual(['one', 'three', 'two']);
    expect(await bobs.call('channel.attach', { channelId, after: 1_000 })).toMatchObject({
      result: { outcome: 'reset', head: 2, floor: 0 },
    });
    await adas.say({ channelId }, 'four');
    await bobs.waitFor((frame) => frame['method'] === 'message.created' && textOf(frame) === 'four');
    expect(said(bobs.received)).toEqual(['one', 'three', 'two', 'four']);
  });

  test('a removed member neither receives nor writes a second later, on either gateway', async () => {
    const [ada, bob] = [await v1User(url), await v1User(otherUrl, 'bob')];
    const channelId = await channelOf(ada, 'group', { memberIds: [bob.id] });
    using adas = await opened(url, ada);
    using here = await opened(url, bob);
    using there = await opened(otherUrl, bob);
    for (const each of [adas, here, there]) await each.call('channel.attach', { channelId });
    await adas.say({ channelId }, 'with bob');
    for (const each of [here, there]) await each.waitFor('message.created');

    const began = performance.now();
    await as(url, ada)(`DELETE /channels/${channelId}/members/${bob.id}`);
    for (const each of [here, there]) {
      await each.waitFor('member.removed');
      await eventually(async () => 'error' in (await each.say({ channelId }, 'still here?')), { withinMs: 1_000 });
    }
    expect(performance.now() - began).toBeLessThan(1_000);
    await adas.say({ channelId }, 'without bob');
    await adas.say({ directWith: bob.id }, 'sorry');
    for (const each of [here, there]) {
      await each.waitFor((frame) => frame['method'] === 'message.created' && textOf(frame) === 'sorry');
      expect(said(each.received)).not.toContain('without bob');
      expect(await each.call('channel.attach', { channelId })).toMatchObject({
        error: { data: { reason: 'not_member' } },
      });
    }
    const { body } = await as(url, ada)(`GET /channels/${channelId}/messages`);
    const texts = (body as { messages: { content: { text: string } }[] }).messages.map(({ content }) => content.text);
    expect(texts.at(-1)).toBe('without bob');
  });

  test('a session that is revoked on one gateway loses its socket on the other within a second', async () => {
    const user = await v1User(url);
    using socket = await opened(otherUrl, user);
    const began = performance.now();
    await as(url, user)('DELETE /sessions/current');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'session_ended' });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('a socket goes on with a newer token of its session', async () => {
    const user = await v1User(url);
    using socket = await opened(otherUrl, user);
    const { body } = await as(url, null)('POST /sessions/refresh', { refreshToken: user.grant.refreshToken });
    const { accessToken, accessTokenExpiresAt } = body as { accessToken: string; accessTokenExpiresAt: string };
    expect(await socket.call('session.refresh', { accessToken })).toMatchObject({
      result: { expiresAt: accessTokenExpiresAt },
    });
    expect(await socket.call('ping')).toMatchObject({ result: {} });
  });
});
