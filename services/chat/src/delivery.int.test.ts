import { randomUUID } from 'node:crypto';
import type { AccountPrincipal } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

const bounds = { countMax: 1_000, bytesMax: 4 * 1024 * 1024, since: '2000-01-01T00:00:00.000Z' };
const send = async (from: AccountPrincipal, to: AccountPrincipal, reference: string = randomUUID()) => {
  await given.chat.message.send(
    { target: { directWith: to.accountId }, clientId: randomUUID(), reference, content: says('x') },
    { principal: from },
  );
  return reference;
};
const resume = (principal: AccountPrincipal, more: object = {}) =>
  given.chat.delivery.resume({ ...bounds, ...more }, { principal });
const advance = ({ accountId }: AccountPrincipal, sequence: number, ackRequired: number[] = []) =>
  given.chat.delivery.advance({ deliveries: [{ accountId, sequence, ackRequired }] }, given.system);
const statesOf = async (principal: AccountPrincipal, reference: string) =>
  (await given.chat.delivery.states({ reference }, { principal })).map(({ state }) => state);

test('an inbox goes on after what was written, and never back', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  expect(await resume(bob)).toEqual({ after: 0, head: 0, unacknowledged: [], more: false });
  for (let n = 0; n < 3; n += 1) await send(ada, bob);
  expect(await resume(bob)).toEqual({ after: 0, head: 3, unacknowledged: [], more: false });
  await advance(bob, 2);
  await advance(bob, 1);
  expect(await resume(bob)).toMatchObject({ after: 2, head: 3 });
});

test('what is beyond the bounds is skipped for good: too many, too large, too old', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const sent: string[] = [];
  for (let n = 0; n < 5; n += 1) sent.push(await send(ada, bob));
  expect(await resume(bob, { countMax: 3 })).toMatchObject({ after: 2, head: 5 });
  expect(await statesOf(ada, sent[1]!)).toEqual(['skipped']);
  expect(await statesOf(ada, sent[2]!)).toEqual(['pending']);
  expect(await resume(bob)).toMatchObject({ after: 2 });
  expect((await resume(bob, { bytesMax: 1 })).after).toBe(5);
  await send(ada, bob);
  expect(await resume(bob, { since: '2999-01-01T00:00:00.000Z' })).toMatchObject({ after: 6, head: 6 });
});

test('a message goes from pending to delivered to acknowledged, for its sender and its reader alike', async () => {
  const [ada, bob, eve] = [await given.account('ada'), await given.account('bob'), await given.account('eve')];
  const reference = await send(ada, bob);
  expect(await statesOf(ada, reference)).toEqual(['pending']);
  await advance(bob, 1, [1]);
  expect(await statesOf(bob, reference)).toEqual(['delivered']);
  expect(await given.chat.delivery.acknowledge({ references: [reference] }, { principal: ada })).toEqual({
    acknowledged: 0,
  });
  expect(await given.chat.delivery.acknowledge({ references: [reference] }, { principal: eve })).toEqual({
    acknowledged: 0,
  });
  expect(await given.chat.delivery.acknowledge({ references: [reference] }, { principal: bob })).toEqual({
    acknowledged: 1,
  });
  expect(await statesOf(ada, reference)).toEqual(['acknowledged']);
  expect(await statesOf(eve, reference)).toEqual([]);
});

test('what was written and not acknowledged comes again, only to an account that acknowledges', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const [first, second] = [await send(ada, bob), await send(ada, bob)];
  await advance(bob, 2, [1, 2]);
  expect((await resume(bob)).unacknowledged).toEqual([]);
  await given.chat.delivery.acknowledge({ references: [first] }, { principal: bob });
  const { after, unacknowledged } = await resume(bob);
  expect([after, unacknowledged.map(({ sequence }) => sequence)]).toEqual([2, [2]]);
  await given.chat.delivery.acknowledge({ references: [second] }, { principal: bob });
  await advance(bob, 2, [1, 2]);
  expect((await resume(bob)).unacknowledged).toEqual([]);
});

test('more than a page that was never acknowledged comes page by page, oldest first', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const references = await Promise.all(Array.from({ length: 230 }, () => send(ada, bob)));
  const sequences = references.map((_, index) => index + 1);
  await advance(bob, 230, sequences);
  const acknowledged = references[0]!;
  await given.chat.delivery.acknowledge({ references: [acknowledged] }, { principal: bob });
  const first = await resume(bob);
  expect([first.after, first.unacknowledged.length, first.more]).toEqual([230, 200, true]);
  const within = { after: first.unacknowledged.at(-1)!.sequence, upTo: first.after, since: bounds.since };
  const rest = await given.chat.delivery.unacknowledged(within, { principal: bob });
  expect([rest.entries.length, rest.more]).toEqual([29, false]);
  const all = [...first.unacknowledged, ...rest.entries];
  expect(all.map(({ sequence }) => sequence)).toEqual(all.map(({ sequence }) => sequence).toSorted((a, b) => a - b));
  expect(new Set(all.map(({ sequence }) => sequence)).size).toBe(229);
  expect(await statesOf(ada, acknowledged)).toEqual(['acknowledged']);
  expect(await statesOf(ada, references[1]!)).toEqual(['delivered']);
});

test('what was acknowledged is not handed over again, though its gateway has not said yet that it was written', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const [, second] = [await send(ada, bob), await send(ada, bob), await send(ada, bob)];
  await given.chat.delivery.acknowledge({ references: [second] }, { principal: bob });
  expect(await resume(bob)).toEqual({ after: 2, head: 3, unacknowledged: [], more: false });
});

test('what is still to be written is not written again beside it, though another gateway said meanwhile that it was', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const first = await send(ada, bob);
  await given.chat.delivery.acknowledge({ references: [first] }, { principal: bob });
  for (let n = 0; n < 3; n += 1) await send(ada, bob);
  await advance(bob, 2, [2, 3, 4]);
  const { after, unacknowledged } = await resume(bob);
  expect([after, unacknowledged.map(({ sequence }) => sequence)]).toEqual([2, [2]]);
});

test('what many acknowledge at the same time is committed together, and each learns its own count', async () => {
  const [ada, ...others] = await given.crowd(21);
  const sent = await Promise.all(others.map((each) => send(ada!, each)));
  const answers = await Promise.all(
    others.flatMap((each, n) =>
      [sent[n]!, randomUUID(), sent[n]!].map((one) =>
        given.chat.delivery.acknowledge({ references: [one] }, { principal: each }),
      ),
    ),
  );
  expect(answers.map(({ acknowledged }) => acknowledged)).toEqual(others.flatMap(() => [1, 0, 1]));
  for (const [n, each] of others.entries()) expect(await statesOf(each, sent[n]!)).toEqual(['acknowledged']);
});

test('many are acknowledged at once, and unknown ones among them change nothing', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const sent = [await send(ada, bob), await send(ada, bob), await send(ada, bob)];
  const references = [...sent, randomUUID()];
  expect(await given.chat.delivery.acknowledge({ references }, { principal: bob })).toEqual({ acknowledged: 3 });
  for (const reference of sent) expect(await statesOf(ada, reference)).toEqual(['acknowledged']);
  expect(await resume(bob)).toEqual({ after: 3, head: 3, unacknowledged: [], more: false });
});

test('what an account has not received is shown to it, and to others what they sent', async () => {
  const [ada, bob, eve] = [await given.account('ada'), await given.account('bob'), await given.account('eve')];
  await send(ada, bob);
  await send(eve, bob);
  await send(bob, ada);
  const undelivered = async (principal: AccountPrincipal) =>
    (await given.chat.delivery.undelivered({ accountId: bob.accountId }, { principal })).entries.map(
      ({ message }) => message.sender.name,
    );
  expect(await undelivered(bob)).toEqual(['ada', 'eve']);
  expect(await undelivered(eve)).toEqual(['eve']);
  expect(await undelivered(await given.account('zoe'))).toEqual([]);
});

test('a note to oneself is acknowledged by its sender, who is its reader', async () => {
  const ada = await given.account('ada');
  const reference = await send(ada, ada);
  expect(await given.chat.delivery.acknowledge({ references: [reference] }, { principal: ada })).toEqual({
    acknowledged: 1,
  });
});

test('deliveries of another realm are not moved, and only Parley itself moves them', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  await send(ada, bob);
  const deliveries = [{ accountId: bob.accountId, sequence: 1, ackRequired: [] }];
  const foreign = { principal: { kind: 'system', realm: 'other', service: 'gateway' } } as const;
  await given.chat.delivery.advance({ deliveries }, foreign);
  expect((await resume(bob)).after).toBe(0);
  await expect(given.chat.delivery.advance({ deliveries }, { principal: bob })).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('what a reader acknowledged was delivered: its position in the channel moves', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const references = [await send(ada, bob), await send(ada, bob), await send(ada, bob)];
  const { channel } = await given.chat.message.send(
    { target: { directWith: bob.accountId }, clientId: randomUUID(), content: says('x') },
    { principal: ada },
  );
  const positionOf = async () => {
    const { positions } = await given.chat.receipt.list({ channelId: channel.id }, { principal: ada });
    return positions.find(({ accountId }) => accountId === bob.accountId);
  };
  await given.chat.delivery.acknowledge({ references: references.slice(1, 2) }, { principal: bob });
  expect(await positionOf()).toMatchObject({ read: 0, delivered: 2 });
  await given.chat.delivery.acknowledge({ references: references.slice(0, 1) }, { principal: bob });
  expect(await positionOf()).toMatchObject({ read: 0, delivered: 2 });
});
