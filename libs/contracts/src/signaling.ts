import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, ConnectionId, GatewayId, NetworkId, OrganizationId, ShortNumber, Timestamp } from './ids.js';
import { signalingImport } from './imports.js';
import { AgentId, CreationKey, Lease, Network, Organization, Peer, Reach } from './model.js';
import { nameText } from './names.js';
import { bounded, text } from './text.js';

const withNetworks = Organization.extend({ networks: z.array(Network) });

/** 1 to 255 characters, none of them invisible. */
export const OrganizationName = nameText(1, 255);

export const OrganizationReference = z.union([z.object({ id: OrganizationId }), z.object({ number: ShortNumber })]);

/** How long an invitation is valid. */
export const invitationLifeMs = 7 * 24 * 60 * 60 * 1000;

/** The heartbeat interval of a gateway, and the silence after which its peers go offline. */
export const gatewayHeartbeatMs = 2_000;
export const gatewayLapseMs = 6_000;

/** Organizations, their networks, leases of addresses, and online peers. Owner: services/signaling. */
export const signaling = contract('signaling', {
  import: signalingImport,
  organization: {
    /**
     * Creates an organization with one network; the caller is its first member. `invalid` `bad_subnet`: IPv4, /8 to /32, host bits allowed.
     * `open`: any account that knows the reference may join. With a `creationKey` that this account used before, it returns the
     * organization made then.
     */
    create: {
      input: z.object({
        name: OrganizationName,
        subnet: text(1, 64),
        open: z.boolean().default(true),
        /** Left out by gateways of the previous release only: calls are repeated when their answer is lost. */
        creationKey: CreationKey.optional(),
      }),
      output: withNetworks,
      repeatable: true,
    },
    /** The caller's own organizations, oldest first, after the number `after`. */
    list: {
      input: z.object({ after: z.int().min(0).default(0), limit: z.int().min(1).max(200).default(100) }),
      output: z.array(withNetworks),
      repeatable: true,
    },
    /**
     * Creates a secret with which one account joins an organization that is not open, within `invitationLifeMs`; for members only
     * (`forbidden` `not_member`). An organization has at most 1,000 unused secrets: `exhausted` `too_many_invitations`. With a `creationKey` that
     * this account used before, the secret is a further one of the same invitation: whichever is used first ends both.
     */
    invite: {
      input: z.object({ reference: OrganizationReference, creationKey: CreationKey.optional() }),
      output: z.object({ secret: z.string(), expiresAt: Timestamp }),
      repeatable: true,
    },
    /** Makes the caller a member. `not_found` `organization_not_found`; `conflict` `already_member`; `forbidden` `invitation_needed`. */
    join: {
      input: z.object({ reference: OrganizationReference, secret: bounded(128).optional() }),
      output: withNetworks,
    },
    /**
     * Ends a membership, frees its address and takes its peers offline: the caller's own, or (`accountId`) another's, which only the owner
     * may do (`forbidden` `not_owner`). The owner is the account that created the organization; after it leaves, the longest-standing
     * member. `not_found` `member_not_found`; `forbidden` `not_member`.
     */
    removeMember: {
      input: z.object({ reference: OrganizationReference, accountId: AccountId.optional() }),
      output: z.object({}),
    },
    /** Deletes an organization with its members, addresses and peers; owner only (`forbidden` `not_owner`). */
    delete: { input: z.object({ reference: OrganizationReference }), output: z.object({}) },
    /** Members by account id after `after`, for members only (`forbidden` `not_member`). */
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
     * The caller's address in the organization's network: the one that it already has, else the lowest released one, else the next. Never
     * the network address or the broadcast address. `forbidden` `not_member`; `exhausted` `subnet_full`, or `too_many_addresses` when the
     * account holds 1,000.
     */
    allocate: { input: z.object({ reference: OrganizationReference }), output: Lease, repeatable: true },
    /** Leases of a network, by address after `after`; for members only. */
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
     * Releases the caller's address, or the given one, which for another account's needs the owner (`forbidden` `not_owner`); the holder's
     * peers there go offline. `released` is null when there was none.
     */
    release: {
      input: z.object({ reference: OrganizationReference, address: z.ipv4().optional() }),
      output: z.object({ released: z.ipv4().nullable() }),
      repeatable: true,
    },
  },
  peer: {
    /**
     * Makes the connection a peer, in the first of the caller's organizations where it has an address. `forbidden` `no_organization`;
     * `conflict` `no_address`. While another account is online under that name, a label is generated instead; the same account replaces
     * its older connection of that name. Registering the same connection again changes nothing.
     *
     * `reannounce`: its gateway announces it once more, and it yields to a connection that replaced it meanwhile: `conflict` `replaced`.
     * `version` is that of the network's peers including this one.
     */
    register: {
      input: Reach.extend({
        connectionId: ConnectionId,
        gatewayId: GatewayId,
        agentId: AgentId.nullable(),
        reannounce: z.boolean().default(false),
      }),
      output: z.object({ peer: Peer, version: z.int() }),
      repeatable: true,
      former: { input: { reannounce: 'again' } },
    },
    /**
     * Heartbeat of a gateway. `lapsed`: it was silent for so long that its peers were taken offline, and it has to announce them again.
     * Gateways only, in all realms, like the next two.
     */
    heartbeat: {
      input: z.object({ gatewayId: GatewayId }),
      output: z.object({ lapsed: z.boolean(), peers: z.int() }),
      repeatable: true,
      former: { name: 'peer.beat' },
      deadlineMs: 1_500,
    },
    /** These connections are closed. */
    drop: {
      input: z.object({ gatewayId: GatewayId, connectionIds: z.array(ConnectionId).max(500) }),
      output: z.object({ dropped: z.int() }),
      repeatable: true,
    },
    /** The peers of a gateway, by connection id after `after`. */
    listByGateway: {
      input: z.object({ gatewayId: GatewayId, after: ConnectionId.optional(), limit: z.int().min(1).max(5_000) }),
      output: z.array(ConnectionId),
      repeatable: true,
      former: { name: 'peer.held' },
    },
    /** The online peers of a network, by connection id after `after`, and the version of its peers at that moment. Gateways only. */
    list: {
      input: z.object({
        networkId: NetworkId,
        after: ConnectionId.optional(),
        limit: z.int().min(1).max(200).default(200),
      }),
      output: z.object({ peers: z.array(Peer), version: z.int() }),
      repeatable: true,
    },
    /** The versions of the peers of networks; unknown ids are left out. Recovers lost events. Gateways only. */
    versions: {
      input: z.object({ networkIds: z.array(NetworkId).max(500) }),
      output: z.array(z.object({ networkId: NetworkId, version: z.int() })),
      repeatable: true,
    },
  },
});
export type Signaling = typeof signaling;
