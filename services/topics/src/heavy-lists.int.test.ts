import { channelPageBytes } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenTopics, type Given } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenTopics();
});
afterAll(() => given[Symbol.asyncDispose]());

test('a page ends early when metadata is heavy, and goes on; the count of those with a slug is exact', async () => {
  const caller = given.account('heavy', 'heavy-lists');
  const system = { principal: { kind: 'system', realm: 'heavy-lists', service: 'gateway' } as const };
  const { list, create, countNamed } = given.topics.channel;
  await expect(countNamed({ kinds: ['topic'] }, system)).resolves.toEqual({ count: 0, newest: 0 });
  const metadata = { note: 'x'.repeat(4_000) };
  for (let n = 1; n <= 70; n += 1) await create({ kind: 'topic', title: 't', slug: `t-${n}`, metadata }, caller);
  await create({ kind: 'group', title: 'no slug' }, caller);
  const sizes: number[] = [];
  for (let before: number | null | undefined; before !== null;) {
    const page: Awaited<ReturnType<typeof list>> = await list(
      { kinds: ['topic'], limit: 200, ...(before !== undefined && { before }) },
      caller,
    );
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(channelPageBytes);
    sizes.push(page.channels.length);
    before = page.next;
  }
  expect(sizes).toHaveLength(3);
  expect(sizes.reduce((sum, size) => sum + size)).toBe(70);
  await expect(countNamed({ kinds: ['topic'] }, system)).resolves.toEqual({ count: 70, newest: 70 });
  await expect(countNamed({ kinds: ['topic', 'group'] }, system)).resolves.toEqual({ count: 70, newest: 71 });
  await expect(countNamed({ kinds: ['topic'] }, caller)).rejects.toMatchObject({ code: 'forbidden' });
});

test('metadata counts as it was written, too', async () => {
  const caller = given.account('wordy', 'wordy-lists');
  const { list, create } = given.topics.channel;
  const metadataText = `{"n":0.${'0'.repeat(8_000)}}`;
  for (let n = 1; n <= 20; n += 1) {
    await create({ kind: 'topic', title: 't', slug: `t-${n}`, metadata: { n: 0 }, metadataText }, caller);
  }
  const page = await list({ kinds: ['topic'], limit: 200 }, caller);
  expect(page.channels.map((channel) => channel.metadataText)).toEqual(page.channels.map(() => metadataText));
  expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(channelPageBytes);
  expect(page.next).not.toBeNull();
});
