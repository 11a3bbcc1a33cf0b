import { query, type Database } from '@parley/postgres';
import { rowsOf } from './rows.postgres.js';
import { type ReadUsage, fillClasses } from './usage.js';

interface Row {
  readonly below_50: string;
  readonly from_50: string;
  readonly from_80: string;
  readonly from_95: string;
  readonly full: string;
  readonly addresses: string;
  readonly leases: string;
  readonly peers: string;
}

// Held addresses are all those below the next one except the released ones, so leases need not be counted. Networks of one or two
// hosts are usually full and are left out of the classes.
const usage = `
  with hosts as (
    select n.id, next_address,
           first_address + case when last_address - first_address > 1 then 1 else 0 end as first_host,
           last_address - first_address + case when last_address - first_address > 1 then -1 else 1 end as count
    from networks n
  ), released as (
    select network_id, count(*) as count from released_addresses group by network_id
  ), held as (
    select h.count as hosts, coalesce(h.next_address - h.first_host, 0) - coalesce(r.count, 0) as leases
    from hosts h left join released r on r.network_id = h.id
  ), filled as (
    select hosts, leases, leases::float / hosts as share from held
  )
  select count(*) filter (where hosts > 2 and share < 0.5) as below_50,
         count(*) filter (where hosts > 2 and share >= 0.5 and share < 0.8) as from_50,
         count(*) filter (where hosts > 2 and share >= 0.8 and share < 0.95) as from_80,
         count(*) filter (where hosts > 2 and share >= 0.95 and share < 1) as from_95,
         count(*) filter (where hosts > 2 and share >= 1) as full,
         coalesce(sum(hosts), 0) as addresses,
         coalesce(sum(leases), 0) as leases,
         (select count(*) from peers) as peers
  from filled`;

export const usageInPostgres =
  (database: Database): ReadUsage =>
  () =>
    query(database, 'signaling.usage', async (knex) => {
      const [row] = await rowsOf<Row>(knex, usage, {});
      if (row === undefined) throw new Error('An aggregate has one row');
      const networks = Object.fromEntries(fillClasses.map((name) => [name, Number(row[name])]));
      return {
        networks: networks as Record<(typeof fillClasses)[number], number>,
        addresses: Number(row.addresses),
        leases: Number(row.leases),
        peers: Number(row.peers),
      };
    });
