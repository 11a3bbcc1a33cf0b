import type { AccountId, Channel } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { assertKnown, assertMayRead, assertMayWrite, pairOf, audienceOf, slugFor, type Seen } from './channel.js';

const low = '11111111-1111-4111-8111-111111111111' as AccountId;
const high = 'eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee' as AccountId;

const seen = (about: Partial<Omit<Seen, 'channel'>> & Partial<Pick<Channel, 'kind' | 'closedAt'>>): Seen => {
  const { kind = 'room', closedAt = null, ...rest } = about;
  const channel = { id: 'c', kind, closedAt } as unknown as Channel;
  return { channel, pair: null, memberCount: 2, role: null, banned: false, bySystem: false, ...rest };
};

test('a pair is the same from both sides', () => {
  expect(pairOf(low, high)).toEqual(pairOf(high, low));
  expect(pairOf(high, low)).toEqual([low, high]);
});

test('rooms and topics take their title as slug, and groups have none', () => {
  expect(slugFor('topic', 'Kitchen', undefined)).toEqual({ slug: 'Kitchen', givesWay: true });
  expect(slugFor('room', 'Kitchen', 'k1')).toEqual({ slug: 'k1', givesWay: false });
  for (const title of ['', 'x'.repeat(101)]) expect(slugFor('room', title, undefined).slug).toBeNull();
  expect(slugFor('group', 'Kitchen', undefined).slug).toBeNull();
  expect(() => slugFor('group', 'Kitchen', 'k1')).toThrow('Only rooms and topics');
});

test('each listener receives an event on one scope', () => {
  expect(audienceOf(seen({}))).toEqual([{ kind: 'channel', id: 'c' }]);
  expect(audienceOf(seen({ kind: 'direct', pair: [low, high] })).map(({ id }) => id)).toEqual([low, high]);
  expect(audienceOf(seen({ kind: 'direct', pair: [low, low] })).map(({ id }) => id)).toEqual([low]);
});

describe('who may', () => {
  test('know of a direct channel: its members and Parley itself', () => {
    expect(() => assertKnown(null)).toThrow('Channel not found');
    expect(() => assertKnown(seen({ kind: 'direct' }))).toThrow('Channel not found');
    expect(() => assertKnown(seen({ kind: 'direct', role: 'member' }))).not.toThrow();
    expect(() => assertKnown(seen({ kind: 'direct', bySystem: true }))).not.toThrow();
    expect(() => assertKnown(seen({ kind: 'group' }))).not.toThrow();
  });

  test('read: anybody in a room but the banned, members elsewhere, Parley itself', () => {
    expect(() => assertMayRead(seen({ closedAt: 'then' }))).not.toThrow();
    expect(() => assertMayRead(seen({ banned: true }))).toThrow('removed');
    expect(() => assertMayRead(seen({ kind: 'topic' }))).toThrow('not a member');
    expect(() => assertMayRead(seen({ kind: 'topic', role: 'member' }))).not.toThrow();
    expect(() => assertMayRead(seen({ kind: 'group', bySystem: true }))).not.toThrow();
  });

  test('write: whoever may read, while it is open', () => {
    expect(() => assertMayWrite(seen({}))).not.toThrow();
    expect(() => assertMayWrite(seen({ closedAt: 'then', role: 'owner' }))).toThrow('closed');
    expect(() => assertMayWrite(seen({ kind: 'group', closedAt: 'then' }))).toThrow('not a member');
    expect(() => assertMayWrite(seen({ bySystem: true }))).toThrow('Only accounts');
  });
});
