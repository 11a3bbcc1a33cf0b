import type { ChannelId } from '@parley/contracts';
import { expect, test } from 'vitest';
import { givenRealtime } from '../testing/fixtures.js';

test('a command about a connection is refused without one', async () => {
  await using given = await givenRealtime();
  const { principal, id } = given.principals.account('Ada');
  const channelId: ChannelId = given.stubs.room(id);
  const rest = { principal, connection: null, requestId: undefined, requestKey: null, receivedAt: performance.now() };
  const { execute } = given.realtime;
  const refused = { code: 'invalid', reason: 'connection_needed' };
  await expect(execute({ type: 'channel.attach', channelId }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'channel.detach', channelId }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'typing.start', channelId }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'session.resume', channels: new Map() }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'token.renew', accessToken: 'x' }, rest)).rejects.toMatchObject(refused);
});

test('a message from REST and one from a socket are the same command: both have a place in one order', async () => {
  await using given = await givenRealtime();
  const { principal, id, token } = given.principals.account('Ada');
  const channelId: ChannelId = given.stubs.room(id);
  const socket = await given.connect(token);
  const command = {
    type: 'message.send' as const,
    target: { channelId },
    clientId: 'one',
    content: { type: 'text' as const, text: 'Hi' },
  };
  const rest = { principal, connection: null, requestId: undefined, requestKey: null, receivedAt: performance.now() };
  expect(await given.realtime.execute(command, rest)).toMatchObject({ repeated: false, message: { sequence: 1 } });
  expect(await socket.ask(command)).toMatchObject({ repeated: true, message: { sequence: 1 } });
});
