import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, ConnectionId, GatewayId, NetworkId, OrganizationId, ShortNumber, Timestamp } from './ids.js';
import { AgentId, Lease, Network, Organization, Peer, Reach } from './model.js';
import { nameText } from './names.js';
import { bounded, text } from './text.js';

const withNetworks = Organization.extend({ networks: z.array(Network) });

/** 1 to 255 characters, none of them invisible. */
export const OrganizationName = nameText(1, 255);

export const OrganizationReference = z.union([z.object({ id: OrganizationId }), z.object({ number: ShortNumber })]);

/** For how long an invitation can be used. */
export const invitationLifeMs = 7 * 24 * 60 * 60 * 1000;

/** How often a gateway says that it lives, and after how long a silence what it held goes offline. */
export const gatewayBeatMs = 2_000;
export const gatewayLapseMs = 6_000;

/** Organizations, their networks, who holds which address, and who is online at it. Owner: services/signaling. */
export const signaling = contract('signaling', {
  organization: {
    /** Makes an organization with one network; the caller is its first member. `invalid` `bad_subnet`: IPv4, /8 to /32, host bits allowed. `open`: whoever knows it joins. */
    create: {
      input: z.object({ name: OrganizationName, subnet: text(1, 64), open: z.boolean().default(true) }),
      output: withNetworks,
    },
    /** The caller's own organizations, oldest first, after the number `after`. */
    list: {
      input: z.object({ after: z.int().min(0).default(0), limit: z.int().min(1).max(200).default(100) }),
      output: z.array(withNetworks),
      repeatable: true,
    },
    /**
     * Makes a secret with which one account joins an organization that is not open, within `invitationLifeMs`; by members (`forbidden`
     * `not_member`). An organization has at most 1,000 that were not used: `exhausted` `too_many_invitations`.
     */
    invite: {
      input: z.object({ reference: OrganizationReference }),
      output: z.object({ secret: z.string(), expiresAt: Timestamp }),
    },
    /** Makes the caller a member. `not_found` `organization_not_found`; `conflict` `already_member`; `forbidden` `invitation_needed`. */
    join: {
      input: z.object({ reference: OrganizationReference, secret: bounded(128).optional() }),
      output: withNetworks,
    },
    /**
     * Ends a membership, frees its address and takes its peers offline: the caller's own, or (`accountId`) another's, by the owner
     * alone (`forbidden` `not_owner`). The owner is whoever made the organization, once that account left its longest-standing member.
     * `not_found` `member_not_found`; `forbidden` `not_member`.
     */
    removeMember: {
      input: z.object({ reference: OrganizationReference, accountId: AccountId.optional() }),
      output: z.object({}),
    },
    /** Ends an organization with its members, addresses and peers; by its owner (`forbidden` `not_owner`). */
    delete: { input: z.object({ reference: OrganizationReference }), output: z.object({}) },
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
     * Never the network's own or its broadcast address. `forbidden` `not_member`; `exhausted` `subnet_full`, or `too_many_addresses` when the account holds 1,000.
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
    /**
     * Gives the caller's address back, or the given one, which is another's for the owner alone (`forbidden` `not_owner`); the peers of
     * its holder there go offline. `released` is null when there was none.
     */
    release: {
      input: z.object({ reference: OrganizationReference, address: z.ipv4().optional() }),
      output: z.object({ released: z.ipv4().nullable() }),
      repeatable: true,
    },
  },
  peer: {
    /**
     * The connection is a live agent from now on, in the first of the caller's organizations where it has an address.
     * `forbidden` `no_organization`; `conflict` `no_address`. While another account is online under that
     * name its label is made instead; the same account takes over from its older connection of that name. The same connection again changes nothing. `again`: its
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
