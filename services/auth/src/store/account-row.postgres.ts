import { type Account, AccountId } from '@parley/contracts';

export interface AccountRow {
  id: string;
  realm: string;
  number: number;
  kind: 'person' | 'device';
  username: string | null;
  email: string | null;
  handle: string | null;
  claimed_handle: string | null;
  name: string;
  first_name: string | null;
  last_name: string | null;
  public_key: string | null;
  created_at: Date;
  shares_receipts: boolean;
  invisible: boolean;
  deleted_at: Date | null;
}

export const accountFromRow = (row: AccountRow): Account => ({
  id: AccountId.parse(row.id),
  number: row.number,
  realm: row.realm,
  kind: row.kind,
  username: row.username,
  email: row.email,
  handle: row.handle ?? row.claimed_handle ?? row.id,
  name: row.name,
  firstName: row.first_name,
  lastName: row.last_name,
  publicKey: row.public_key,
  createdAt: row.created_at.toISOString(),
  preferences: { sharesReceipts: row.shares_receipts, invisible: row.invisible },
});
