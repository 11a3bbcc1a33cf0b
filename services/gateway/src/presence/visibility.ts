import type { Preferences } from '@parley/contracts';

/**
 * Who may see an account's presence and receipts: the only place that decides it. Today everybody of the realm may, unless the account
 * chose otherwise; rules between two accounts (blocking) belong here.
 */
export const visibilityOf = ({ invisible, sharesReceipts }: Preferences) => ({
  presence: !invisible,
  receipts: sharesReceipts,
});
