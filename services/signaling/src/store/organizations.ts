import type { HeldAccount } from '@parley/bus';
import type { AccountId, Network, Organization, OrganizationId, Subnet } from '@parley/contracts';
import type { PeersGone } from './peers.js';

export interface WithNetworks extends Organization {
  readonly networks: Network[];
}

export type Reference = { readonly id: OrganizationId } | { readonly number: number };

export interface OrganizationDraft {
  readonly realm: string;
  readonly name: string;
  readonly cidr: string;
  readonly subnet: Subnet;
  readonly createdBy: AccountId;
  /** Whether an account needs no invitation to join. */
  readonly open: boolean;
  /** Chosen by the creator; the same one again names the organization that is there. */
  readonly creationKey: string | null;
}

export interface Invitation {
  readonly hash: Buffer;
  readonly invitedBy: AccountId;
  readonly lifeMs: number;
  /** Chosen by who invites; with the same one again, the hash is a further one of the same invitation. */
  readonly creationKey: string | null;
}

export interface OrganizationMember {
  readonly accountId: AccountId;
  readonly joinedAt: string;
}

export interface Organizations {
  /** Makes an organization with its network, and its creator the first member; or finds it by its creation key. */
  create(draft: OrganizationDraft): Promise<WithNetworks>;
  find(realm: string, reference: Reference): Promise<WithNetworks | null>;
  /** The organizations of an account, ordered by number, after `after`. */
  listOf(realm: string, accountId: AccountId, after: number, limit: number): Promise<WithNetworks[]>;
  /** Stores an invitation until it is used or expires. null: the organization has too many. */
  invite(organization: Organization, invitation: Invitation): Promise<{ expiresAt: string } | null>;
  /** False for a member, and for an account without an invitation when the organization is not open; of concurrent calls one gets true. */
  addMember(organization: Organization, accountId: AccountId, invitationHash: Buffer | null): Promise<boolean>;
  /** The account that made the organization or, once that left, the member that joined first. null: it has no members. */
  ownerOf(organizationId: OrganizationId): Promise<AccountId | null>;
  /** Ends a membership, frees its addresses there and ends its peers, in one transaction. null: it was no member. */
  removeMember(organization: WithNetworks, accountId: AccountId): Promise<PeersGone | null>;
  /** Removes the organization and all that belongs to it. */
  delete(organization: WithNetworks): Promise<PeersGone>;
  /** The organization, and whether the account is a member, in one query: every call about addresses needs both. */
  findFor(
    realm: string,
    reference: Reference,
    accountId: AccountId,
  ): Promise<{ readonly organization: WithNetworks; readonly isMember: boolean } | null>;
  /** Ordered by account id, after `after`. */
  members(organizationId: OrganizationId, after: AccountId | undefined, limit: number): Promise<OrganizationMember[]>;
  /** Accounts that are a member of an organization or hold an address, ordered by id, after `after`. */
  held(after: AccountId | undefined, limit: number): Promise<HeldAccount[]>;
  /** Ends all memberships of an account. */
  forget(realm: string, accountId: AccountId): Promise<void>;
}
