import { describe, expect, test } from 'vitest';
import { presenceCases } from './presence.suite.js';
import { presenceInProcess } from './presence.js';

describe('presence in one process', () => presenceCases(presenceInProcess));

test('without Redis the order of connections follows the clock that is given, and never goes back', async () => {
  let now = 1_000;
  const [one, other] = [presenceInProcess(() => now), presenceInProcess(() => now)];
  const given = [await one.nextOrder()];
  for (const each of [other, one, other]) given.push((now += 10) && (await each.nextOrder()));
  expect(given).toEqual([1_000, 1_010, 1_020, 1_030]);
  now -= 20;
  expect(await other.nextOrder()).toBe(1_031);
});
