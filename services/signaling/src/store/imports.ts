import type { ImportedLease, ImportedOrganization, ImportedSeat } from '@parley/contracts';
import type { ImportKey, ImportLedger } from '@parley/postgres';

/** Each `add…` adds what is not there yet, and returns how much that is. */
export interface OrganizationImports {
  begin(wanted: ImportKey & { readonly source: string }): ReturnType<ImportLedger['begin']>;
  /** `conflict` `number_taken`; `invalid` `bad_subnet`. */
  addOrganizations(key: ImportKey, organizations: readonly ImportedOrganization[]): Promise<number>;
  /** `not_found` `organization_not_found`, as for leases. */
  addMembers(key: ImportKey, members: readonly ImportedSeat[]): Promise<number>;
  /** `conflict` `address_taken`; `invalid` `address_outside`. */
  addLeases(key: ImportKey, leases: readonly ImportedLease[]): Promise<number>;
  /** Also makes the holes below the highest lease of each network released addresses. */
  finish(key: ImportKey): ReturnType<ImportLedger['finish']>;
}
