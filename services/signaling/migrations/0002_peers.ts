import type { Knex } from 'knex';

/** Leases of addresses, live gateways, and the agents that are online through them. */
export const leasesAndPeers = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- next_address: the lowest that nobody ever had; null until the first is given out.
      alter table networks
        add column next_address bigint,
        add column peers_version bigint not null default 0;

      create table leases (
        network_id uuid not null constraint leases_network references networks (id),
        account_id uuid not null,
        realm text not null,
        account_number integer not null,
        address bigint not null,
        allocated_at timestamptz(3) not null default clock_timestamp(),
        primary key (network_id, account_id),
        constraint leases_address unique (network_id, address)
      );
      create index leases_of_account on leases (account_id);

      create table released_addresses (
        network_id uuid not null constraint released_addresses_network references networks (id),
        address bigint not null,
        primary key (network_id, address)
      );

      create table gateways (
        id uuid primary key,
        seen_at timestamptz not null default clock_timestamp()
      );

      create table peers (
        connection_id uuid primary key,
        network_id uuid not null constraint peers_network references networks (id),
        gateway_id uuid not null constraint peers_gateway references gateways (id),
        realm text not null,
        account_id uuid not null,
        account jsonb not null,
        email text,
        label text not null,
        agent_id text,
        address bigint not null,
        public_address text not null,
        public_port integer not null,
        relay_address text,
        relay_port integer,
        constraint peers_label unique (network_id, label)
      );
      create index peers_of_network on peers (network_id, connection_id);
      create index peers_of_gateway on peers (gateway_id, connection_id);
      create index peers_of_account on peers (account_id);
    `);
    await knex.raw(allocate);
  },
};

// One round trip under the network's row lock. Each statement of a VOLATILE function has a snapshot of its own, so what
// follows the lock sees all that its former holders committed. The lowest released address is always below the next new one,
// so the lowest released one, or else the next, is the lowest free. Returns no row when the network is full, and a null address
// when the account is no longer a member.
const allocate = `
  create function allocate_address(network uuid, account uuid, number integer)
  returns table (address bigint, allocated_at timestamptz)
  language plpgsql volatile
  as $$
  #variable_conflict use_column
  declare
    found_network record;
    first_host bigint;
    last_host bigint;
    chosen bigint;
  begin
    select n.* into found_network from networks n where n.id = network for update;
    return query select l.address, l.allocated_at from leases l where l.network_id = network and l.account_id = account;
    if found then return; end if;

    perform from members m where m.organization_id = found_network.organization_id and m.account_id = account;
    if not found then
      return query select null::bigint, null::timestamptz;
      return;
    end if;

    delete from released_addresses r where r.network_id = network and r.address = (
      select min(f.address) from released_addresses f where f.network_id = network
    ) returning r.address into chosen;

    if chosen is null then
      -- /31 has two ends and no broadcast (RFC 3021), /32 is one host.
      first_host := found_network.first_address;
      last_host := found_network.last_address;
      if last_host - first_host > 1 then
        first_host := first_host + 1;
        last_host := last_host - 1;
      end if;
      chosen := coalesce(found_network.next_address, first_host);
      if chosen > last_host then return; end if;
      update networks n set next_address = chosen + 1 where n.id = network;
    end if;

    return query
      insert into leases (network_id, account_id, realm, account_number, address)
      values (network, account, found_network.realm, number, chosen)
      returning leases.address, leases.allocated_at;
  end $$;
`;
