import type { Client, Signaling } from '@parley/contracts';
import { derivedId } from '../derived-id.js';
import type { LeaseRecord, OrganizationMemberRecord, OrganizationRecord } from '../records.js';
import { type WriteContext, addAll } from './context.js';
import { persistently } from './persistently.js';

type Rows = Client<Signaling>['import'];
type OrganizationInput = Parameters<Rows['organizations']>[0]['rows'][number];
type SeatInput = Parameters<Rows['members']>[0]['rows'][number];
type LeaseInput = Parameters<Rows['leases']>[0]['rows'][number];

export const writeOrganizations = (context: WriteContext, records: readonly OrganizationRecord[]): Promise<number> =>
  addAll(
    context,
    records.map(({ sourceId, number, name, subnet, createdBy }): OrganizationInput => ({
      id: derivedId(context.importId, 'organization', sourceId),
      number,
      name,
      subnet,
      createdBy: createdBy === null ? null : derivedId(context.importId, 'account', createdBy),
      createdAt: null,
    })),
    context.owners.signaling.import.organizations,
  );

export const writeSeats = (context: WriteContext, records: readonly OrganizationMemberRecord[]): Promise<number> =>
  addAll(
    context,
    records.map(({ organization, account }): SeatInput => ({
      organizationId: derivedId(context.importId, 'organization', organization),
      accountId: derivedId(context.importId, 'account', account),
    })),
    context.owners.signaling.import.members,
  );

export const writeLeases = async (context: WriteContext, records: readonly LeaseRecord[]): Promise<number> => {
  const { importId, names, owners, signal } = context;
  const accountId = (sourceId: string): string => derivedId(importId, 'account', sourceId);
  const holders = await persistently(() => names.of(records.map(({ account }) => accountId(account))), { signal });
  const rows = records.map(({ organization, account, address }): LeaseInput => ({
    organizationId: derivedId(importId, 'organization', organization),
    accountId: accountId(account),
    accountNumber: holders.get(accountId(account))?.number ?? 0,
    address,
  }));
  return addAll(context, rows, owners.signaling.import.leases);
};
