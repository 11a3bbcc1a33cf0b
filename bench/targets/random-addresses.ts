// What a server without a plan for addresses does: a random one, and up to ten times another when it is taken.
import { randomInt } from 'node:crypto';
import pg from 'pg';
import type { Leases, Target } from './target.js';
import { createDatabase, type PeerDatabase } from './peer-database.js';
import { plainWire } from '../load/plain-wire.js';

const tries = 10;
const addresses = 254;
const connectionsMax = 16;

/** The rows of leases in a database of the peer's own; `database` runs with fsync. */
export const randomAddresses = async (database: PeerDatabase): Promise<Target> => {
  const pool = new pg.Pool({ connectionString: await createDatabase(database.url), max: connectionsMax });
  await pool.query('create table leases (address int primary key, holder int not null unique)');
  return {
    name: 'random-10',
    url: '',
    otherUrl: null,
    wire: plainWire,
    processes: new Map([['postgres', database.pid]]),
    edge: database.pid,
    seat: async () => ({ headers: [], members: [], channelIds: [], joins: false }),
    openLeases: (holders) => openLeases(pool, holders),
    killEdge: () => Promise.resolve(),
    stored: async () => null,
    stop: () => pool.end(),
  };
};

const openLeases = async (pool: pg.Pool, holders: number): Promise<Leases> => {
  await pool.query('truncate leases');
  await pool.query('insert into leases (address, holder) select n, n - 1 from generate_series(1, $1::int) n', [
    holders,
  ]);
  const take = async (holder: number): Promise<boolean> => {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const { rowCount } = await pool.query({
        name: 'take',
        text: 'insert into leases (address, holder) values ($1, $2) on conflict (address) do nothing',
        values: [randomInt(1, addresses + 1), holder],
      });
      if (rowCount === 1) return true;
    }
    return false;
  };
  return {
    change: async (holder) => {
      await pool.query({ name: 'release', text: 'delete from leases where holder = $1', values: [holder] });
      return take(holder);
    },
    count: async () => {
      const { rows } = await pool.query<{ held: number }>('select count(*)::int as held from leases');
      return { held: rows[0]?.held ?? 0, doubled: 0 };
    },
  };
};
