import { randomUUID } from 'node:crypto';
import type { ChannelId } from '@parley/contracts';
import { expect, test } from 'vitest';
import { givenRealtime } from '../testing/fixtures.js';
import { principalOf } from '../testing/principals.js';

test('a command about a connection is refused without one', async () => {
  await using given = await givenRealtime();
  const principal = principalOf('Ada');
  const channelId = randomUUID() as ChannelId;
  const rest = { principal, connection: null, requestId: undefined, requestKey: null, receivedAt: performance.now() };
  const { execute } = given.realtime;
  const refused = { code: 'invalid', reason: 'connection_needed' };
  await expect(execute({ type: 'channel.attach', channelId }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'channel.detach', channelId }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'typing.start', channelId }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'session.resume', channels: new Map() }, rest)).rejects.toMatchObject(refused);
  await expect(execute({ type: 'token.renew', accessToken: 'x' }, rest)).rejects.toMatchObject(refused);
});
