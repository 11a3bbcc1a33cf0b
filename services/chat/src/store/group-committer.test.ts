import { Fault } from '@parley/contracts';
import { startTelemetry } from '@parley/runtime';
import { afterAll, expect, test } from 'vitest';
import { GroupCommitter } from './group-committer.js';

interface Item {
  readonly name: string;
  readonly bytes: number;
}

// Registers the context manager, as each service does.
const telemetry = await startTelemetry({ service: 'test', instanceId: '1', sampleRatio: 0 });
afterAll(() => telemetry.shutdown());

const item = (name: string, bytes = 1): Item => ({ name, bytes });
const soon = (): number => performance.now() + 5_000;
const lost = (): Fault => new Fault('unavailable', 'store_unavailable', 'Away');

/** A committer whose store is a function, and the groups that the function received. */
const given = (append: (group: readonly Item[], deadline: number) => Promise<void> = async () => {}, limits = {}) => {
  const groups: string[][] = [];
  const committer = new GroupCommitter<Item, string>({
    append: async (group, deadline) => {
      groups.push(group.map(({ name }) => name));
      await append(group, deadline);
      return group.map(({ name }) => `${name}!`);
    },
    what: 'test',
    // 'a 1' and 'a 2' are of one sender.
    orderingKeyOf: ({ name }) => name.split(' ')[0] ?? '',
    distanceMs: 0,
    groupItemsMax: 200,
    groupBytesMax: 1_000,
    waitingMax: 5_000,
    ...limits,
  });
  return { groups, committer };
};

test('what comes while a group is in flight goes together in the next, in order', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { committer, groups } = given(async (group) => (group[0]?.name === 'a' ? gate : undefined));
  const first = committer.commit(item('a'), soon());
  await expect.poll(() => groups.length).toBe(1);
  const rest = ['b', 'c', 'd'].map((name) => committer.commit(item(name), soon()));
  release();
  expect(await Promise.all([first, ...rest])).toEqual(['a!', 'b!', 'c!', 'd!']);
  expect(groups).toEqual([['a'], ['b', 'c', 'd']]);
});

test('the store has the next group before the callers of the one before are answered', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const order: string[] = [];
  const { committer, groups } = given(async ([first]) => {
    order.push(`store ${first?.name}`);
    if (first?.name === 'a') await gate;
  });
  const commit = (name: string) => committer.commit(item(name), soon()).then(() => void order.push(`answer ${name}`));
  const committed = [commit('a')];
  await expect.poll(() => groups.length).toBe(1);
  committed.push(commit('b'));
  release();
  await Promise.all(committed);
  expect(order).toEqual(['store a', 'store b', 'answer a', 'answer b']);
});

/** A committer whose groups end when they are told to, and what it did. */
const givenSlow = (limits = {}) => {
  const ends: (() => void)[] = [];
  const answered: string[] = [];
  const { committer, groups } = given(() => new Promise((resolve) => ends.push(resolve)), limits);
  const commit = (names: readonly string[]) =>
    names.map((name) => committer.commit(item(name), soon()).then(() => void answered.push(name)));
  return { committer, groups, commit, answered, end: (group: number) => ends[group]?.() };
};
const many = (count: number, first = 0): string[] => Array.from({ length: count }, (_, index) => `s${first + index}`);
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
};

test('what is worth a commit of its own is handed over while a group is in flight, a third group is not', async () => {
  const { groups, commit, end } = givenSlow();
  const committed = commit(['a']);
  await turns();
  committed.push(...commit(many(63)));
  await turns();
  expect(groups).toEqual([['a']]);
  committed.push(...commit(['b']));
  await turns();
  expect(groups).toEqual([['a'], [...many(63), 'b']]);
  committed.push(...commit(many(100, 100)));
  await turns();
  expect(groups).toHaveLength(2);
  end(0);
  await turns();
  expect(groups).toEqual([['a'], [...many(63), 'b'], many(100, 100)]);
  end(1);
  end(2);
  await Promise.all(committed);
});

test('what follows an item of a group in flight waits for its answer, and goes in order', async () => {
  const { groups, commit, answered, end } = givenSlow({ groupItemsMax: 80 });
  const list = ['a 1', 'a 2', 'a 3'];
  const committed = commit([...many(78), ...list, ...many(80, 78)]);
  await turns();
  // The list did not fit into one group: what is left of it waits, the others do not.
  expect(groups).toEqual([[...many(78), 'a 1', 'a 2'], many(80, 78)]);
  end(1);
  await turns();
  expect(groups).toHaveLength(2);
  end(0);
  await turns();
  expect(groups[2]).toEqual(['a 3']);
  end(2);
  await Promise.all(committed);
  expect(answered.filter((name) => list.includes(name))).toEqual(list);
});

test('what follows a group of several gathers until it makes a full group', async () => {
  const { committer, groups } = given(undefined, { distanceMs: 60_000 });
  const commit = (names: readonly string[]) => names.map((name) => committer.commit(item(name), soon()));
  await Promise.all(commit(many(4)));
  const committed = commit(many(63, 4));
  await turns();
  expect(groups).toEqual([many(4)]);
  committed.push(...commit(['a']));
  await Promise.all(committed);
  expect(groups).toEqual([many(4), [...many(63, 4), 'a']]);
});

test('what follows a group of several is committed when the distance is over', async () => {
  const { committer, groups } = given(undefined, { distanceMs: 20 });
  await Promise.all(many(4).map((name) => committer.commit(item(name), soon())));
  await committer.commit(item('a'), soon());
  expect(groups).toEqual([many(4), ['a']]);
});

test('what follows a few items waits for nothing', async () => {
  const { committer, groups } = given(undefined, { distanceMs: 60_000 });
  await Promise.all(many(3).map((name) => committer.commit(item(name), soon())));
  await committer.commit(item('a'), soon());
  expect(groups).toEqual([many(3), ['a']]);
});

test('callers are answered while the next group waits for a store that is away', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { committer, groups } = given(async ([first]) => {
    if (first?.name === 'a') await gate;
    else throw lost();
  });
  const first = committer.commit(item('a'), soon());
  await expect.poll(() => groups.length).toBe(1);
  const next = committer.commit(item('b'), performance.now() + 200);
  release();
  expect(await Promise.race([first, next.catch(() => 'refused')])).toBe('a!');
  await expect(next).rejects.toMatchObject({ reason: 'store_unavailable' });
});

test('a group is bounded in messages and in bytes, and a larger message goes alone', async () => {
  const { committer, groups } = given(undefined, { groupItemsMax: 2 });
  const items = [item('a'), item('b'), item('c', 600), item('d', 600), item('e', 5_000), item('f')];
  await Promise.all(items.map((one) => committer.commit(one, soon())));
  expect(groups).toEqual([['a', 'b'], ['c'], ['d'], ['e'], ['f']]);
});

test('beyond the bound of the queue a send is refused at once', async () => {
  const { committer } = given(undefined, { waitingMax: 2 });
  const kept = [committer.commit(item('a'), soon()), committer.commit(item('b'), soon())];
  await expect(committer.commit(item('c'), soon())).rejects.toMatchObject({
    code: 'unavailable',
    reason: 'overloaded',
    retryAfterMs: 500,
  });
  expect(await Promise.all(kept)).toEqual(['a!', 'b!']);
});

test('a group whose answer was lost is tried again until the store is back', async () => {
  let failures = 3;
  const { committer, groups } = given(async () => {
    if (failures-- > 0) throw lost();
  });
  expect(await Promise.all([committer.commit(item('a'), soon()), committer.commit(item('b'), soon())])).toEqual([
    'a!',
    'b!',
  ]);
  expect(groups).toEqual([1, 2, 3, 4].map(() => ['a', 'b']));
});

test('a commit without time left is refused with the reason, the others go on waiting', async () => {
  let failures = 4;
  const { committer } = given(async () => {
    if (failures-- > 0) throw lost();
  });
  const [impatient, patient] = await Promise.allSettled([
    committer.commit(item('a'), performance.now() + 60),
    committer.commit(item('b'), soon()),
  ]);
  expect(impatient).toMatchObject({ status: 'rejected', reason: { reason: 'store_unavailable' } });
  expect(patient).toEqual({ status: 'fulfilled', value: 'b!' });
});

test('a group has until the last deadline of its calls, whichever of them it runs for', async () => {
  const seen: number[] = [];
  const { committer } = given(async (_group, deadline) => void seen.push(deadline));
  const [early, late] = [soon(), soon() + 5_000];
  const committed = [early, late].map((deadline) => committer.commit(item('a'), deadline));
  await Promise.all(committed);
  expect(seen).toEqual([late]);
});

test('a message whose deadline passed while it waited is not stored', async () => {
  const { committer, groups } = given();
  await expect(committer.commit(item('late'), performance.now() - 1)).rejects.toMatchObject({
    reason: 'deadline_exceeded',
  });
  expect(groups).toEqual([]);
});

test('one message that the store refuses does not take its group with it', async () => {
  const { committer } = given(async (group) => {
    if (group.some(({ name }) => name === 'bad')) throw new Fault('invalid', 'bad_text', 'No');
  });
  const answers = await Promise.allSettled(['a', 'bad', 'c'].map((name) => committer.commit(item(name), soon())));
  expect(answers).toMatchObject([{ value: 'a!' }, { reason: { reason: 'bad_text' } }, { value: 'c!' }]);
});

test('idle waits for what is in flight', async () => {
  const { committer } = given();
  let answered = false;
  void committer.commit(item('a'), soon()).then(() => (answered = true));
  await committer.idle();
  expect(answered).toBe(true);
  await committer.idle();
});
