import { randomUUID } from 'node:crypto';
import { type AccountPrincipal, type Authorization, type ChannelId, Fault } from '@parley/contracts';
import { fakeClock } from '@parley/testing';
import { expect, test } from 'vitest';
import { anAccount } from '../testing/fixtures.js';
import { createAuthorizer } from './authorize.js';

const channelId = randomUUID() as ChannelId;
const target = { channelId };

const anAnswer = (membershipVersion = 1, realm = 'main'): Authorization => ({
  channel: {
    id: channelId,
    number: 1,
    realm,
    kind: 'group',
    slug: null,
    title: 'g',
    metadata: {},
    metadataText: null,
    membershipVersion,
    createdBy: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    closedAt: null,
  },
  role: 'member',
  audience: [{ kind: 'channel', id: channelId }],
});

const atOnce = (_: number, work: () => void): void => work();

/** An authorizer with a fake topics whose replies the test sets, and the calls that it received. */
const given = (jitter = () => 1, after = atOnce) => {
  const clock = fakeClock();
  const asked: string[] = [];
  const state = { answer: (): Promise<Authorization> => Promise.resolve(anAnswer()) };
  const authorizer = createAuthorizer({
    topics: {
      member: {
        authorize: (input, { principal }) => {
          asked.push(`${(principal as AccountPrincipal).name} ${input.to}`);
          return state.answer();
        },
      },
    },
    maxAgeMs: 10_000,
    clock: clock.now,
    jitter,
    after,
  });
  return { clock, asked, state, authorizer };
};

const refused = () => Promise.reject(new Fault('forbidden', 'not_member', 'No'));

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

test('an entry in use is renewed before it ends, and nobody waits for that', async () => {
  const { authorizer, asked, clock, state } = given();
  const ada = anAccount('ada');
  await authorizer.authorize(target, 'write', ada);
  clock.advance(9_000);
  state.answer = () => new Promise(() => {});
  await authorizer.authorize(target, 'write', ada);
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(2);
});

test('entries that are due within a quarter of a second are renewed together, each once', async () => {
  const rounds: { ms: number; work: () => void }[] = [];
  const { authorizer, asked, clock } = given(undefined, (ms, work) => void rounds.push({ ms, work }));
  const [ada, bob, eve] = [anAccount('ada'), anAccount('bob'), anAccount('eve')];
  for (const account of [ada, bob, eve]) await authorizer.authorize(target, 'write', account);
  clock.advance(9_000);
  for (const account of [ada, bob, ada, eve]) await authorizer.authorize(target, 'write', account);
  authorizer.memberChanged(channelId, eve.accountId, 2);
  expect(asked).toHaveLength(3);
  expect(rounds.map(({ ms }) => ms)).toEqual([250]);
  rounds[0]?.work();
  // There is no entry of the third any more that could be renewed.
  expect(asked.slice(3)).toEqual(['ada write', 'bob write']);
});

test('an entry that was renewed holds for ten seconds from then', async () => {
  const { authorizer, asked, clock } = given();
  const ada = anAccount('ada');
  await authorizer.authorize(target, 'write', ada);
  clock.advance(9_000);
  await authorizer.authorize(target, 'write', ada);
  await expect.poll(() => asked.length).toBe(2);
  clock.advance(8_999);
  await authorizer.authorize(target, 'write', ada);
  expect(asked).toHaveLength(2);
});

test('a renewal that is refused ends the entry at once', async () => {
  const { authorizer, clock, state } = given();
  const ada = anAccount('ada');
  await authorizer.authorize(target, 'write', ada);
  clock.advance(9_000);
  state.answer = refused;
  await authorizer.authorize(target, 'write', ada);
  const outcome = (): Promise<unknown> =>
    authorizer.authorize(target, 'write', ada).catch((fault: Fault) => fault.code);
  await expect.poll(outcome).toBe('forbidden');
});

test('an entry holds to its end while topics does not answer', async () => {
  const { authorizer, clock, state } = given();
  const ada = anAccount('ada');
  await authorizer.authorize(target, 'write', ada);
  state.answer = () => Promise.reject(new Fault('unavailable', 'no_responders', 'Nobody answers'));
  clock.advance(9_000);
  await authorizer.authorize(target, 'write', ada);
  clock.advance(1_000);
  await authorizer.authorize(target, 'write', ada);
  clock.advance(1);
  await expect(authorizer.authorize(target, 'write', ada)).rejects.toMatchObject({ code: 'unavailable' });
});

test('entries that were made at once are not renewed at once', async () => {
  let made = 0;
  const { authorizer, asked, clock } = given(() => (made++ % 100) / 100);
  const accounts = Array.from({ length: 100 }, (_, index) => anAccount(`account-${index}`));
  const everyoneSends = (): Promise<unknown> =>
    Promise.all(accounts.map((account) => authorizer.authorize(target, 'write', account)));
  await everyoneSends();
  const renewedBy: number[] = [];
  clock.advance(5_000);
  for (let second = 5; second < 9; second += 1, clock.advance(1_000)) {
    await everyoneSends();
    renewedBy.push(asked.length - 100);
  }
  expect(renewedBy).toEqual([1, 26, 51, 76]);
});
