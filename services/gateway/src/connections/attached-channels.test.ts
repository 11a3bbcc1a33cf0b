import type { ChannelId, ChannelSnapshot } from '@parley/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AttachedChannels } from './attached-channels.js';

const ids = ['a', 'b', 'c'] as unknown as readonly ChannelId[];

test('it has what a Map has, in its order, after any additions, replacements and deletions', () => {
  const step = fc.record({ sets: fc.boolean(), id: fc.constantFrom(...ids), title: fc.string({ maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const channels = new AttachedChannels();
      const map = new Map<ChannelId, ChannelSnapshot>();
      for (const { sets, id, title } of steps) {
        const channel = { id, title } as unknown as ChannelSnapshot;
        if (sets) {
          channels.set(channel);
          map.set(id, channel);
        } else expect(channels.delete(id)).toBe(map.delete(id));
        expect([...channels.keys()]).toEqual([...map.keys()]);
        expect([channels.size, ...ids.map((one) => channels.get(one))]).toEqual([
          map.size,
          ...ids.map((one) => map.get(one)),
        ]);
        expect(ids.map((one) => channels.has(one))).toEqual(ids.map((one) => map.has(one)));
      }
    }),
  );
});
