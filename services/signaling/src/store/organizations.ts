import type { AccountId, Network, Organization, OrganizationId } from '@parley/contracts';
import type { Subnet } from '../domain/subnet.js';

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
  /** Whether whoever knows it may join. */
  readonly open: boolean;
}

export interface OrganizationMember {
  readonly accountId: AccountId;
  readonly joinedAt: string;
}

export interface Organizations {
  /** Makes an organization with its network, and its creator the first member. */
  create(draft: OrganizationDraft): Promise<WithNetworks>;
  find(realm: string, reference: Reference): Promise<WithNetworks | null>;
  /** Those that the account is a member of, by number after `after`. */
  listOf(realm: string, accountId: AccountId, after: number, limit: number): Promise<WithNetworks[]>;
  /** The account may join from now on. */
  invite(organization: Organization, accountId: AccountId): Promise<void>;
  /** False when the account is a member already, or was not invited to one that is not open; of many that ask at once one gets true. */
  addMember(organization: Organization, accountId: AccountId): Promise<boolean>;
  /** The organization, and whether the account is a member: one question, as every call about addresses asks it. */
  findFor(
    realm: string,
    reference: Reference,
    accountId: AccountId,
  ): Promise<{ readonly organization: WithNetworks; readonly isMember: boolean } | null>;
  /** By account id after `after`. */
  members(organizationId: OrganizationId, after: AccountId | undefined, limit: number): Promise<OrganizationMember[]>;
  /** Ends all memberships of an account. */
  forget(realm: string, accountId: AccountId): Promise<void>;
}
