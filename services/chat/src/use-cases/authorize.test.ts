import { randomUUID } from 'node:crypto';
import { type Authorization, type ChannelId } from '@parley/contracts';
import { expect, test } from 'vitest';
import { anAnswer, channelId, given, refused, target } from '../testing/authorizer.js';
import { anAccount } from '../testing/fixtures.js';

test('a positive answer holds for ten seconds, for this account and this wish only', async () => {
  const { authorizer, asked, clock } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  for (let i = 0; i < 3; i += 1) await authorizer.authorize(target, 'write', ada);
  await authorizer.authorize(target, 'read', ada);
  await authorizer.authorize(target, 'write', bob);
  expect(asked).toEqual(['ada write', 'ada read', 'bob write']);
  clock.advance(8_999);
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(3);
  clock.advance(1_002);
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(4);
});

test('age counts from the question: a slow answer is old already', async () => {
  const { authorizer, asked, clock, state } = given();
  const ada = anAccount();
  state.answer = async () => {
    clock.advance(4_000);
    return anAnswer();
  };
  await authorizer.authorize(target, 'write', ada);
  clock.advance(6_001);
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(2);
});

test('a refusal is never kept', async () => {
  const { authorizer, asked, state } = given();
  const ada = anAccount();
  state.answer = refused;
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ reason: 'not_member' });
  state.answer = () => Promise.resolve(anAnswer());
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(2);
});

test('equal questions at once are one question', async () => {
  const { authorizer, asked } = given();
  const ada = anAccount();
  await Promise.all(Array.from({ length: 50 }, () => authorizer.authorize(target, 'write', ada)));
  expect(asked).toHaveLength(1);
});

test('a change of one member asks again for that one; the others learn the version', async () => {
  const { authorizer, asked, state } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  await authorizer.authorize(target, 'write', ada);
  await authorizer.authorize(target, 'write', bob);
  authorizer.memberChanged(channelId, ada.accountId, 7);
  state.answer = refused;
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ code: 'forbidden' });
  const { channel } = await authorizer.authorize(target, 'write', bob);
  expect(channel.membershipVersion).toBe(7);
  expect(asked).toEqual(['ada write', 'bob write', 'ada write']);
});

test('what topics answered is not changed, as it may be an object of topics', async () => {
  const { authorizer, state } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  const answer = anAnswer();
  state.answer = () => Promise.resolve(answer);
  await authorizer.authorize(target, 'write', bob);
  authorizer.memberChanged(channelId, ada.accountId, 7);
  expect((await authorizer.authorize(target, 'write', bob)).channel.membershipVersion).toBe(7);
  expect(answer).toEqual(anAnswer());
});

test('an answer that was under way when the event came is not kept, and nobody new waits for it', async () => {
  const { authorizer, asked, state } = given();
  const ada = anAccount();
  let arrive = (_: Authorization): void => {};
  state.answer = () => new Promise((resolve) => (arrive = resolve));
  const early = authorizer.authorize(target, 'write', ada);
  await expect.poll(() => asked.length).toBe(1);
  authorizer.memberChanged(channelId, ada.accountId, 2);
  state.answer = refused;
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ code: 'forbidden' });
  arrive(anAnswer());
  await early;
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ code: 'forbidden' });
});

test('an answer that includes the change of the event is kept, whichever of them came first', async () => {
  const { authorizer, asked, state } = given();
  const ada = anAccount();
  let arrive = (_: Authorization): void => {};
  state.answer = () => new Promise((resolve) => (arrive = resolve));
  const partner = anAccount().accountId;
  const early = authorizer.authorize({ directWith: partner }, 'write', ada);
  await expect.poll(() => asked.length).toBe(1);
  authorizer.memberChanged(channelId, ada.accountId, 2);
  arrive(anAnswer(2));
  const { channel } = await early;
  authorizer.memberChanged(channel.id, ada.accountId, 2);
  await authorizer.authorize({ directWith: partner }, 'write', ada);
  expect(asked).toHaveLength(1);
});

test('of several news about a question that is out, the newest counts', async () => {
  const { authorizer, asked, state } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  let arrive = (_: Authorization): void => {};
  state.answer = () => new Promise((resolve) => (arrive = resolve));
  const early = authorizer.authorize(target, 'write', ada);
  await expect.poll(() => asked.length).toBe(1);
  authorizer.memberChanged(channelId, bob.accountId, 2);
  authorizer.memberChanged(channelId, ada.accountId, 3);
  arrive(anAnswer(2));
  await early;
  state.answer = refused;
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ code: 'forbidden' });
});

test('an answer that was overtaken by a newer one does not take its place', async () => {
  const { authorizer, asked, state } = given();
  const ada = anAccount('ada');
  let arrive = (_: Authorization): void => {};
  state.answer = () => new Promise((resolve) => (arrive = resolve));
  const early = authorizer.authorize(target, 'write', ada);
  await expect.poll(() => asked.length).toBe(1);
  authorizer.memberChanged(channelId, anAccount('bob').accountId, 2);
  state.answer = () => Promise.resolve(anAnswer(4));
  await authorizer.authorize(target, 'write', ada);
  arrive(anAnswer(2));
  await early;
  const { channel } = await authorizer.authorize(target, 'write', ada);
  expect(channel.membershipVersion).toBe(4);
  expect(asked).toHaveLength(2);
});

test('a wave of pairs that meet for the first time asks once for each of them', async () => {
  const { authorizer, asked } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  const withBob = { directWith: bob.accountId };
  const first = authorizer.authorize(withBob, 'write', ada);
  authorizer.memberChanged(randomUUID() as ChannelId, anAccount().accountId, 2);
  await Promise.all([first, authorizer.authorize(withBob, 'write', ada)]);
  await authorizer.authorize(withBob, 'write', ada);
  expect(asked).toHaveLength(1);
});

test('news that come late are heeded, though news of somebody else came before them', async () => {
  const { authorizer, asked, state } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  await authorizer.authorize(target, 'write', ada);
  authorizer.memberChanged(channelId, bob.accountId, 3);
  authorizer.memberChanged(channelId, ada.accountId, 2);
  state.answer = refused;
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ code: 'forbidden' });
  expect(asked).toHaveLength(2);
});

test('a changed channel, and a bus that was away, ask again for everybody', async () => {
  const { authorizer, asked } = given();
  const ada = anAccount();
  await authorizer.authorize(target, 'write', ada);
  authorizer.channelChanged(channelId);
  await authorizer.authorize(target, 'write', ada);
  authorizer.forgetAll();
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(3);
});

test('a channel of another realm is not there', async () => {
  const { authorizer, state } = given();
  state.answer = () => Promise.resolve(anAnswer(1, 'rooms'));
  await expect(authorizer.authorize(target, 'read', anAccount())).rejects.toMatchObject({ code: 'not_found' });
});

test('when one of a direct channel goes, the other is asked for again', async () => {
  const { authorizer, asked, state } = given();
  const [ada, bob] = [anAccount('ada'), anAccount('bob')];
  const answer = anAnswer();
  state.answer = () => Promise.resolve({ ...answer, channel: { ...answer.channel, kind: 'direct' as const } });
  await authorizer.authorize(target, 'write', ada);
  authorizer.memberChanged(channelId, bob.accountId, 2);
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toEqual(['ada write', 'ada write']);
});
