import type { Knex } from 'knex';

/** Releases and allocations of many accounts in one network, in one statement; replicas of an older release call `allocate_address`. */
export const changeLeases = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(changes);
  },
};

// Locks as allocate_address and its callers do: accounts first, in one order, then the network. Each statement of a VOLATILE function has a
// snapshot of its own, so what follows the lock sees all that its former holders committed. Releases come first, then allocations in the order
// of `allocating`, which has no account twice. The lowest released addresses are always below the next new one.
//
// An account that is not in the answer had no address to release, or is not a member. Outcomes: `released`; `has_peers`: nothing was
// changed, since its peers have to end with the address; `held`; `too_many`; `full`.
const changes = `
  create function change_leases(
    network uuid, releasing uuid[], allocating uuid[], account_numbers integer[], addresses_max integer
  )
  returns table (account uuid, outcome text, address bigint, allocated_at timestamptz)
  language plpgsql volatile
  as $$
  #variable_conflict use_column
  declare
    found_network record;
    first_host bigint;
    last_host bigint;
    fresh bigint;
    entitled uuid[];
    numbers integer[];
    free bigint[];
  begin
    perform pg_advisory_xact_lock(keys.key) from (
      select distinct hashtextextended('signaling.addresses:' || asked.id, 0) as key from unnest(allocating) asked (id) order by key
    ) keys;
    select n.* into found_network from networks n where n.id = network for update;
    if not found then return; end if;

    if cardinality(releasing) > 0 then
      return query
        with freed as (
          delete from leases l where l.network_id = network and l.account_id = any (releasing)
            and not exists (select from peers p where p.network_id = network and p.account_id = l.account_id)
          returning l.account_id, l.address
        ), kept as (
          insert into released_addresses (network_id, address) select network, f.address from freed f
        )
        select f.account_id, 'released', f.address, null::timestamptz from freed f;
      return query
        select l.account_id, 'has_peers', l.address, null::timestamptz from leases l
        where l.network_id = network and l.account_id = any (releasing);
    end if;
    if cardinality(allocating) = 0 then return; end if;

    return query
      select l.account_id, 'held', l.address, l.allocated_at from leases l
      where l.network_id = network and l.account_id = any (allocating);
    select array_agg(asked.id order by asked.position), array_agg(asked.number order by asked.position) into entitled, numbers
    from unnest(allocating, account_numbers) with ordinality asked (id, number, position)
    where exists (select from members m where m.organization_id = found_network.organization_id and m.account_id = asked.id)
      and not exists (select from leases l where l.network_id = network and l.account_id = asked.id)
      and (select count(*) from leases l where l.account_id = asked.id) < addresses_max;
    return query
      select asked.id, 'too_many', null::bigint, null::timestamptz from unnest(allocating) asked (id)
      where (select count(*) from leases l where l.account_id = asked.id and l.network_id <> network) >= addresses_max
        and not exists (select from leases l where l.network_id = network and l.account_id = asked.id);
    if entitled is null then return; end if;

    with taken as (
      delete from released_addresses r where r.network_id = network and r.address = any (array(
        select f.address from released_addresses f where f.network_id = network order by f.address limit cardinality(entitled)
      )) returning r.address
    )
    select coalesce(array_agg(t.address order by t.address), '{}') into free from taken t;

    if cardinality(free) < cardinality(entitled) then
      -- /31 has two ends and no broadcast (RFC 3021), /32 is one host.
      first_host := found_network.first_address;
      last_host := found_network.last_address;
      if last_host - first_host > 1 then
        first_host := first_host + 1;
        last_host := last_host - 1;
      end if;
      first_host := coalesce(found_network.next_address, first_host);
      fresh := least(cardinality(entitled) - cardinality(free), last_host - first_host + 1);
      if fresh > 0 then
        update networks n set next_address = first_host + fresh where n.id = network;
        free := free || array(select generate_series(first_host, first_host + fresh - 1));
      end if;
    end if;

    return query
      with given as (
        insert into leases (network_id, account_id, realm, account_number, address)
        select network, a.account_id, found_network.realm, a.number, a.address
        from unnest(entitled, numbers, free) a (account_id, number, address) where a.address is not null
        returning leases.account_id, leases.address, leases.allocated_at
      )
      select g.account_id, 'held', g.address, g.allocated_at from given g;
    return query
      select refused.id, 'full', null::bigint, null::timestamptz
      from unnest(entitled[cardinality(free) + 1 :]) refused (id);
  end $$;
`;
