import { describe, expect, test } from 'vitest';
import { parseDrafts, withDraft } from './drafts.js';
import { parseRoute, pathOf } from './route.js';

const channelId = '0f3e2a10-1111-4222-8333-444455556666';
const rootId = 'aaaaaaaa-1111-4222-8333-444455556666';

describe('drafts', () => {
  test('each place keeps its own; an empty one is removed', () => {
    const both = withDraft(withDraft([], 'a', 'one'), 'b', 'two');
    expect(both).toEqual([
      ['a', 'one'],
      ['b', 'two'],
    ]);
    expect(withDraft(both, 'a', '  ')).toEqual([['b', 'two']]);
    expect(parseDrafts(JSON.stringify(both))).toEqual(both);
  });

  test('a hundred are kept, those written last; one is at most as long as a message', () => {
    let entries = parseDrafts(null);
    for (let n = 0; n < 120; n += 1) entries = withDraft(entries, `place ${n}`, 'x'.repeat(20_000));
    expect(entries).toHaveLength(100);
    expect(entries[0]?.[0]).toBe('place 20');
    expect(entries[0]?.[1]).toHaveLength(16_384);
  });

  test.each(['', 'nonsense', '{}', '[1,["a"],["a",1]]', 'null'])('%j in the storage is no draft', (stored) => {
    expect(parseDrafts(stored)).toEqual([]);
  });
});

describe('routes', () => {
  test.each([
    '/app/',
    '/app/mentions',
    `/app/channels/${channelId}`,
    `/app/channels/${channelId}/pins`,
    `/app/channels/${channelId}/members`,
    `/app/channels/${channelId}/thread/${rootId}`,
  ])('%s is the path of its own route', (path) => {
    expect(pathOf(parseRoute(path))).toBe(path);
  });

  test.each(['/', '/app/channels/x', '/app/channels/', '/app/elsewhere', `/other/channels/${channelId}`])(
    '%s leads home',
    (path) => {
      expect(parseRoute(path)).toEqual({ name: 'home' });
    },
  );
});
