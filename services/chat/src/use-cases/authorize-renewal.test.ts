import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { anAnswer, channelId, given, refused, target } from '../testing/authorizer.js';
import { anAccount } from '../testing/fixtures.js';

test('an entry in use is renewed before it ends, and no send waits for that', async () => {
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

test('a renewal with the same answer keeps the object, and one with another answer does not', async () => {
  const { authorizer, asked, clock, state } = given();
  const ada = anAccount('ada');
  const first = await authorizer.authorize(target, 'write', ada);
  const renewed = async (calls: number) => {
    clock.advance(9_000);
    await authorizer.authorize(target, 'write', ada);
    await expect.poll(() => asked.length).toBe(calls);
    return authorizer.authorize(target, 'write', ada);
  };
  expect(await renewed(2)).toBe(first);
  state.answer = () => Promise.resolve(anAnswer(2));
  expect(await renewed(3)).toEqual(anAnswer(2));
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
  state.answer = () => Promise.reject(new Fault('unavailable', 'no_responders', 'No answer'));
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
