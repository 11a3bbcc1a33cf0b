import { MessageId } from '@parley/contracts';
import { expect, test } from 'vitest';
import { messageIds } from './message-ids.js';

test('ids are UUIDs of version 7 that begin with the time, and each is another one', () => {
  const before = Date.now();
  const ids = messageIds(1_000);
  const after = Date.now();
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) {
    expect(MessageId.parse(id)).toBe(id);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(after);
  }
});
