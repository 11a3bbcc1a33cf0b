import type { Lease, Network, Organization } from '@parley/contracts';

/** What a client can do with organizations and the addresses of their networks. */
export type OrganizationCommand =
  | {
      readonly type: 'organization.create';
      readonly name: string;
      readonly subnet: string;
      /** Whether an account needs no invitation to join. */
      readonly open: boolean;
    }
  | {
      readonly type: 'organization.join';
      readonly organization: OrganizationAddress;
      readonly secret?: string | undefined;
    }
  /** Makes a secret with which one account joins. */
  | { readonly type: 'organization.invite'; readonly organization: OrganizationAddress }
  | { readonly type: 'organization.leave'; readonly organization: OrganizationAddress }
  /** `account`: its number, as the client wrote it. */
  | { readonly type: 'organization.removeMember'; readonly organization: OrganizationAddress; readonly account: number }
  | { readonly type: 'organization.delete'; readonly organization: OrganizationAddress }
  /** The caller's own address. `account`: the number for which the client asks; another than its own is refused. */
  | {
      readonly type: 'address.allocate';
      readonly organization: OrganizationAddress;
      readonly account: number | undefined;
    }
  | { readonly type: 'address.release'; readonly organization: OrganizationAddress; readonly address: string };

interface OrganizationAddress {
  readonly number: number;
}

export type OrganizationResult =
  | {
      readonly type: 'organization.create' | 'organization.join';
      readonly organization: Organization & { readonly networks: readonly Network[] };
    }
  | { readonly type: 'organization.invite'; readonly secret: string; readonly expiresAt: string }
  | { readonly type: 'organization.leave' | 'organization.removeMember' | 'organization.delete' }
  | { readonly type: 'address.allocate'; readonly lease: Lease }
  /** null: the address had no holder. */
  | { readonly type: 'address.release'; readonly released: string | null };
