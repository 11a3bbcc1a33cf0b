import type { TimelineMessage } from '@parley/client';
import { describe, expect, test } from 'vitest';
import { rowsOf } from './rows.js';
import { anchorOf, isAtEnd, keepPlace, lastInSight, wantedPage } from './scrolling.js';

const message = (sequence: number, minute: number, changes: Partial<TimelineMessage> = {}): TimelineMessage => ({
  ...{ key: `k${sequence}`, id: `id${sequence}`, number: sequence, sequence, channelId: 'c', clientId: `c${sequence}` },
  ...{ sender: { id: 'ada', name: 'Ada', handle: 'ada' }, content: { type: 'text', text: 'x' } },
  sentAt: new Date(2026, 0, 5, 12, minute).toISOString(),
  ...{
    editedAt: null,
    deletedAt: null,
    replyTo: null,
    threadRoot: null,
    inChannel: true,
    replyCount: 0,
    lastReplyAt: null,
  },
  ...{ reactions: [], mentions: { accountIds: [], channel: false }, pinnedAt: null },
  ...{ isOwn: false, state: null, error: null, isChanging: false },
  ...changes,
});

describe('rows', () => {
  test('each day has a line, and messages of one sender within five minutes are a group', () => {
    const nextDay = { sentAt: new Date(2026, 0, 6, 9).toISOString() };
    const rows = rowsOf([message(1, 0), message(2, 3), message(3, 20), message(4, 0, nextDay)], null);
    expect(rows.map((row) => (row.type === 'message' ? row.isCompact : row.type))).toEqual([
      'day',
      false,
      true,
      false,
      'day',
      false,
    ]);
  });

  test('the line of new messages is before the first one of others after what was read, once', () => {
    const rows = rowsOf([message(1, 0), message(2, 1, { isOwn: true }), message(3, 2), message(4, 3)], 1);
    expect(rows.map(({ type }) => type)).toEqual(['day', 'message', 'message', 'new', 'message', 'message']);
    expect(rowsOf([message(1, 0)], 1).some(({ type }) => type === 'new')).toBe(false);
  });

  test('of own messages in one state the last shows it, and all that are not sent', () => {
    const states = ['read', 'read', 'delivered', 'sending', 'sending', 'failed'] as const;
    const messages = states.map((state, n) => message(n + 1, n, { isOwn: true, state }));
    const shown = rowsOf([...messages, message(9, 9)], null).map((row) => row.type === 'message' && row.hasState);
    expect(shown).toEqual([false, false, true, true, true, true, true, false]);
  });

  test('keys are unique', () => {
    const rows = rowsOf(
      Array.from({ length: 50 }, (_, n) => message(n + 1, n)),
      10,
    );
    expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
  });
});

describe('scrolling', () => {
  const viewport = { scrollTop: 1_000, scrollHeight: 5_000, clientHeight: 500 };

  test('the first row in sight keeps its place when rows come or go above it', () => {
    const anchor = anchorOf([
      { key: 'a', top: -300, bottom: -10, sequence: 1 },
      { key: 'b', top: -10, bottom: 40, sequence: 2 },
    ]);
    expect(anchor).toEqual({ key: 'b', offset: -10 });
    expect(keepPlace(viewport, anchor, 790)).toBe(1_800);
    expect(keepPlace(viewport, anchor, -410)).toBe(600);
    expect(keepPlace(viewport, anchor, -10)).toBeNull();
    expect(keepPlace(viewport, anchor, null)).toBeNull();
    expect(keepPlace(viewport, null, 100)).toBeNull();
  });

  test('what is in sight to its end was seen, and at the end everything that is stored', () => {
    const rows = [
      { key: 'a', top: -20, bottom: 100, sequence: 7 },
      { key: 'b', top: 100, bottom: 501, sequence: 9 },
      { key: 'c', top: 501, bottom: 520, sequence: 10 },
      { key: 'd', top: 520, bottom: 540, sequence: null },
    ];
    expect(lastInSight(rows, 500, false)).toBe(9);
    expect(lastInSight(rows, 400, false)).toBe(7);
    expect(lastInSight(rows, 50, false)).toBeNull();
    expect(lastInSight(rows, 500, true)).toBe(10);
    expect(lastInSight([], 500, true)).toBeNull();
  });

  test('the page beyond a near edge is wanted, none while one is loading', () => {
    const both = { hasBefore: true, hasAfter: true, isLoading: false };
    expect(wantedPage({ ...viewport, scrollTop: 100 }, both)).toBe('before');
    expect(wantedPage({ ...viewport, scrollTop: 4_000 }, both)).toBe('after');
    expect(wantedPage({ ...viewport, scrollTop: 2_000 }, both)).toBeNull();
    expect(wantedPage({ ...viewport, scrollTop: 100 }, { ...both, hasBefore: false })).toBeNull();
    expect(wantedPage({ ...viewport, scrollTop: 100 }, { ...both, isLoading: true })).toBeNull();
  });

  test('the end is where less than a line is left', () => {
    expect(isAtEnd({ ...viewport, scrollTop: 4_460 })).toBe(true);
    expect(isAtEnd({ ...viewport, scrollTop: 4_000 })).toBe(false);
  });
});
