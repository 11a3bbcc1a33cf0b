import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, ConnectionId, GatewayId, NetworkId, OrganizationId, ShortNumber, Timestamp } from './ids.js';
import { AgentId, Lease, Network, Organization, Peer, Reach } from './model.js';
import { text } from './text.js';

const withNetworks = Organization.extend({ networks: z.array(Network) });

export const OrganizationReference = z.union([z.object({ id: OrganizationId }), z.object({ number: ShortNumber })]);

/** How often a gateway says that it lives, and after how long a silence what it held goes offline. */
export const gatewayBeatMs = 2_000;
export const gatewayLapseMs = 6_000;

/** Organizations, their networks, who holds which address, and who is online at it. Owner: services/signaling. */
export const signaling = contract('signaling', {
  organization: {
    /** Makes an organization with one network; the caller is its first member. `invalid` `bad_subnet`: IPv4, /8 to /32, host bits allowed. `open`: whoever knows it joins. */
    create: {
      input: z.object({ name: text(1, 255), subnet: text(1, 64), open: z.boolean().default(true) }),
      output: withNetworks,
    },
    /** The caller's own organizations, oldest first, after the number `after`. */
    list: {
      input: z.object({ after: z.int().min(0).default(0), limit: z.int().min(1).max(200).default(100) }),
      output: z.array(withNetworks),
      repeatable: true,
    },
    /** Lets an account join an organization that is not open; by members (`forbidden` `not_member`). Again changes nothing. */
    invite: {
      input: z.object({ reference: OrganizationReference, accountId: AccountId }),
      output: z.object({}),
      repeatable: true,
    },
    /** Makes the caller a member. `not_found` `organization_not_found`; `conflict` `already_member`; `forbidden` `invitation_needed`. */
    join: { input: z.object({ reference: OrganizationReference }), output: withNetworks },
    /** Members by account id, for members only (`forbidden` `not_member`), after `after`. */
    members: {
      input: z.object({
        reference: OrganizationReference,
        after: AccountId.optional(),
        limit: z.int().min(1).max(500).default(500),
      }),
      output: z.array(z.object({ accountId: AccountId, joinedAt: Timestamp })),
      repeatable: true,
    },
  },
  lease: {
    /**
     * The caller's address in the organization's network: the one it has, else the lowest that was released, else the next.
     * Never the network's own or its broadcast address. `forbidden` `not_member`; `exhausted` `subnet_full`.
     */
    allocate: { input: z.object({ reference: OrganizationReference }), output: Lease, repeatable: true },
    /** Who holds which address, by address after `after`; for members only. */
    list: {
      input: z.object({
        reference: OrganizationReference,
        after: z.ipv4().optional(),
        limit: z.int().min(1).max(500).default(500),
      }),
      output: z.array(Lease),
      repeatable: true,
    },
    /** Gives the caller's address back; its peers there go offline. `released` is null when it had none. */
    release: {
      input: z.object({ reference: OrganizationReference }),
      output: z.object({ released: z.ipv4().nullable() }),
      repeatable: true,
    },
  },
  peer: {
    /**
     * The connection is a live agent from now on, in the first of the caller's organizations where it has an address.
     * `forbidden` `no_organization`; `conflict` `no_address`, or `agent_taken` when another account is online under that
     * name (the same account takes over from its older connection). The same connection again changes nothing. `again`: its
     * gateway announces it once more, and it gives way to a connection that took its place meanwhile: `conflict` `replaced`.
     * `version` is that of the network's peers with this one among them.
     */
    register: {
      input: Reach.extend({
        connectionId: ConnectionId,
        gatewayId: GatewayId,
        agentId: AgentId.nullable(),
        again: z.boolean().default(false),
      }),
      output: z.object({ peer: Peer, version: z.int() }),
      repeatable: true,
    },
    /** A gateway lives. `lapsed`: it was silent for so long that its peers were taken offline; it announces them again. Gateways only, in all realms, like the next two. */
    beat: {
      input: z.object({ gatewayId: GatewayId }),
      output: z.object({ lapsed: z.boolean(), peers: z.int() }),
      repeatable: true,
      deadlineMs: 1_500,
    },
    /** These connections are over. */
    drop: {
      input: z.object({ gatewayId: GatewayId, connectionIds: z.array(ConnectionId).max(500) }),
      output: z.object({ dropped: z.int() }),
      repeatable: true,
    },
    /** The connections that are peers through a gateway, by id after `after`. */
    held: {
      input: z.object({ gatewayId: GatewayId, after: ConnectionId.optional(), limit: z.int().min(1).max(5_000) }),
      output: z.array(ConnectionId),
      repeatable: true,
    },
    /** Who is online in a network, by connection after `after`, and the version of its peers at that moment. Gateways only. */
    list: {
      input: z.object({
        networkId: NetworkId,
        after: ConnectionId.optional(),
        limit: z.int().min(1).max(200).default(200),
      }),
      output: z.object({ peers: z.array(Peer), version: z.int() }),
      repeatable: true,
    },
    /** How far the peers of networks have changed; unknown ids are left out. For facts that were lost. Gateways only. */
    versions: {
      input: z.object({ networkIds: z.array(NetworkId).max(500) }),
      output: z.array(z.object({ networkId: NetworkId, version: z.int() })),
      repeatable: true,
    },
  },
});
export type Signaling = typeof signaling;
