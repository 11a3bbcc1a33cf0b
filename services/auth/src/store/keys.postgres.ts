import { type Database, query, transact } from '@parley/postgres';
import type { Knex } from 'knex';
import { type KeyState, type RotationStep, planRotation } from '../domain/key-rotation.js';
import type { Keys, NewKey, PublicJwk, StoredKey } from './keys.js';
import { locks } from './locks.js';

interface KeyRow {
  kid: string;
  state: KeyState;
  public_jwk: PublicJwk;
  sealed_private_key: Buffer | null;
  created_at: Date;
  activated_at: Date | null;
  verifies_until: Date | null;
}

export const postgresKeys = (database: Database): Keys => ({
  list: () => query(database, 'keys.list', (knex) => keysOf(knex)),
  rotate: ({ now, policy, make, wait }) =>
    transact(database, 'keys.rotate', async (tx) => {
      if (!(await lock(tx, wait))) return false;
      const steps = planRotation(await keysOf(tx), now, policy);
      for (const step of steps) await take(tx, step, new Date(now), make);
      return steps.length > 0;
    }),
});

const lock = async (tx: Knex.Transaction, wait: boolean): Promise<boolean> => {
  if (!wait) {
    const { rows } = await tx.raw<{ rows: { taken: boolean }[] }>('select pg_try_advisory_xact_lock(?) as taken', [
      locks.keys,
    ]);
    return rows[0]?.taken === true;
  }
  await tx.raw('select pg_advisory_xact_lock(?)', [locks.keys]);
  return true;
};

const keysOf = async (knex: Knex): Promise<StoredKey[]> => {
  const { rows } = await knex.raw<{ rows: KeyRow[] }>(
    `select * from signing_keys where state <> 'gone' order by created_at, kid`,
  );
  return rows.map((row) => ({
    kid: row.kid,
    state: row.state,
    publicJwk: row.public_jwk,
    sealedPrivateKey: row.sealed_private_key,
    createdAt: row.created_at.getTime(),
    activatedAt: row.activated_at?.getTime() ?? null,
    verifiesUntil: row.verifies_until?.getTime() ?? null,
  }));
};

const take = async (
  tx: Knex.Transaction,
  step: RotationStep,
  now: Date,
  make: () => Promise<NewKey>,
): Promise<void> => {
  switch (step.do) {
    case 'make':
      return insert(tx, await make(), step.as, now);
    case 'promote':
      await tx('signing_keys').where({ kid: step.kid }).update({ state: 'active', activated_at: now });
      return;
    case 'retire':
      await tx('signing_keys')
        .where({ kid: step.kid })
        .update({
          state: 'retiring',
          retired_at: now,
          verifies_until: new Date(step.verifiesUntil),
          sealed_private_key: null,
        });
      return;
    case 'forget':
      await tx('signing_keys').where({ kid: step.kid }).update({ state: 'gone' });
  }
};

const insert = async (tx: Knex.Transaction, key: NewKey, state: 'next' | 'active', now: Date): Promise<void> => {
  await tx('signing_keys').insert({
    kid: key.publicJwk.kid,
    state,
    public_jwk: JSON.stringify(key.publicJwk),
    sealed_private_key: key.sealedPrivateKey,
    created_at: now,
    activated_at: state === 'active' ? now : null,
  });
};
