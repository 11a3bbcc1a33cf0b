import { randomUUID } from 'node:crypto';
import { type AccountId, type Deadline, deadlineIn, timeLeft } from '@parley/contracts';
import { withCallerDeadline } from '@parley/postgres';
import { startTelemetry } from '@parley/runtime';
import { eventually, freshDatabase } from '@parley/testing';
import { afterAll, expect, test } from 'vitest';
import type { Pair } from '../domain/channel.js';
import { migrations } from '../service.js';
import { openingDirects } from './open-directs.postgres.js';

// Registers the context manager, as each service does.
const telemetry = await startTelemetry({ service: 'test', instanceId: '1', sampleRatio: 0 });
afterAll(() => telemetry.shutdown());

test('a call that is opened together with one that came too late is not refused with it', async () => {
  await using database = await freshDatabase({ schema: 'topics', migrations });
  const open = openingDirects(database);
  const me = randomUUID() as AccountId;
  const pairWith = (other: AccountId): Pair => (me < other ? [me, other] : [other, me]);
  const openUntil = (deadline: Deadline) =>
    withCallerDeadline(deadline, () =>
      open({ realm: 'r', pair: pairWith(randomUUID() as AccountId), createdBy: me }, () => undefined),
    );
  const holder = await database.knex.transaction();
  await holder.raw(`insert into counters (realm, channel_number) values ('r', 1)`);
  const first = openUntil(deadlineIn(10_000));
  await eventually(() => expect(database.pool().used).toBe(2));
  const soon = deadlineIn(1);
  const [late, patient] = [openUntil(soon), openUntil(deadlineIn(10_000))];
  await eventually(() => timeLeft(soon) < 0);
  await holder.commit();
  await expect(Promise.all([first, patient, late])).resolves.toHaveLength(3);
});
