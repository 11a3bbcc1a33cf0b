// What others see of the clients of a gateway that is killed, and of everybody while Redis is gone.
import { eventually, startStack } from '@parley/testing';
import type { Stack } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inBatches } from '../clients/batches.js';
import { historyOf, newConversation, signUpConversations } from '../clients/conversations.js';
import { ask, unique } from '../clients/http.js';
import { v1Member, v1Socket } from '../clients/v1.js';
import type { V1Member } from '../clients/v1.js';

/** Twenty seconds are promised, and measured by `prove -- life`; the rest is for a busy machine. */
const goneWithinMs = 45_000;

let stack: Stack;
let urls: readonly [dying: string, living: string];
beforeAll(async () => {
  stack = await startStack({
    scale: { gateway: 2 },
    environment: { PARLEY_DIALECT_REALMS: 'conversations:main' },
  });
  urls = [stack.urls[0] ?? '', stack.urls[1] ?? ''];
}, 120_000);
afterAll(() => stack.stop());

const statesOf = ({ socket }: V1Member, id: string): string[] =>
  socket.received
    .filter(({ method, params }) => method === 'presence.changed' && (params as { accountId: string }).accountId === id)
    .map(({ params }) => (params as { state: string }).state);

test('the clients of a killed gateway are offline within 20 s, and those that reconnected were never gone', async () => {
  const [dying, living] = urls;
  const ada = await v1Member(living, unique('ada'));
  const many = await inBatches(40, 4, () => v1Member(dying, unique('member')));
  const [back, gone] = [many.slice(0, 20), many.slice(20)];
  const group: { id: string } = await ada.rest('POST', '/channels', {
    kind: 'group',
    title: unique('group'),
    memberIds: many.map(({ id }) => id),
  });
  const channelId = group.id;
  await eventually(async () => {
    const { counts } = (await ada.call('presence.subscribe', { channelId })) as { counts: object };
    expect(counts).toEqual({ members: 41, online: 41, away: 0 });
  });
  await stack.processes.get('gateway-1')?.kill('SIGKILL');
  const sockets = await Promise.all(back.map(({ token }) => v1Socket(living, token)));
  await eventually(() => expect(gone.map(({ id }) => statesOf(ada, id))).toEqual(gone.map(() => ['offline'])), {
    withinMs: goneWithinMs,
  });
  for (const { id } of back) expect(statesOf(ada, id)).toEqual([]);
  const { counts } = (await ada.call('presence.subscribe', { channelId })) as { counts: object };
  expect(counts).toEqual({ members: 41, online: 21, away: 0 });
  for (const socket of sockets) socket[Symbol.dispose]();
  await stack.processes.get('gateway-1')?.start();
});

test('while Redis is gone everybody stays online; afterwards both gateways agree again', async () => {
  const [one, other] = urls;
  const [ada, bob, eve] = [
    await v1Member(one, unique('ada')),
    await v1Member(other, unique('bob')),
    await v1Member(other, unique('eve')),
  ];
  const accountIds = [ada.id, bob.id, eve.id];
  const snapshotOf = async (member: V1Member) => {
    const { accounts } = (await member.call('presence.subscribe', { accountIds })) as {
      accounts: { accountId: string; state: string }[];
    };
    return accountIds.map((id) => accounts.find(({ accountId }) => accountId === id)?.state);
  };
  await eventually(async () => expect(await snapshotOf(ada)).toEqual(['online', 'online', 'online']));
  await snapshotOf(bob);
  await stack.redis.kill('SIGKILL');
  // Events still pass between gateways: who leaves is gone for both, and who comes is there.
  eve.socket.close();
  await eventually(() =>
    expect([ada, bob].map((each) => statesOf(each, eve.id).at(-1))).toEqual(['offline', 'offline']),
  );
  await bob.call('presence.set', { state: 'away' });
  await eventually(() => expect(statesOf(ada, bob.id).at(-1)).toBe('away'));
  await stack.redis.start();
  await eventually(
    async () => {
      const late = await v1Member(one, unique('late'));
      expect(await snapshotOf(late)).toEqual(['online', 'away', 'offline']);
    },
    { withinMs: 30_000 },
  );
  expect(statesOf(ada, bob.id)).not.toContain('offline');
  expect(statesOf(bob, ada.id)).not.toContain('offline');
});

test('an invisible account is offline in the lists of an old protocol that shares its realm, and receives all the same', async () => {
  const [one, other] = urls;
  const [ann, bob] = await Promise.all([
    signUpConversations(one, unique('ann')),
    signUpConversations(other, unique('bob')),
  ]);
  const conversation = await newConversation(one, ann, [bob]);
  const { body } = await ask('POST', `${other}/v1/sessions`, { body: { login: bob.username, password: bob.password } });
  const { accessToken } = body as { accessToken: string };
  using bobs = await v1Socket(other, accessToken);
  const isOnline = async () => {
    const answer = await ask('GET', `${one}/conversations/${conversation.id}/participants`, { token: ann.token });
    return (answer.body as { username: string; is_online: boolean }[]).find(({ username }) => username === bob.username)
      ?.is_online;
  };
  await eventually(async () => expect(await isOnline()).toBe(true));
  await ask('PUT', `${one}/v1/me/preferences`, { token: accessToken, body: { invisible: true } });
  await eventually(async () => expect(await isOnline()).toBe(false));
  expect(await historyOf(one, ann, conversation)).toEqual([]);
  expect(await bobs.waitFor('preferences.changed')).toMatchObject({ params: { invisible: true } });
});
