import type { ImportedAccount } from '@parley/contracts';
import type { ImportKey, ImportLedger } from '@parley/postgres';

export interface AccountImports extends Pick<ImportLedger, 'find' | 'progress' | 'isImporting'> {
  begin(wanted: ImportKey & { readonly source: string }): ReturnType<ImportLedger['begin']>;
  /**
   * Adds the accounts that are not there yet, and returns how many those are. `conflict` `username_taken`, `email_taken`, `handle_taken`,
   * `number_taken`: then it adds none.
   */
  addAccounts(key: ImportKey, accounts: readonly ImportedAccount[], now: Date): Promise<number>;
  /** Also gives each account that is shown by its mailbox another name where that is the user name of an account. */
  finish(key: ImportKey): ReturnType<ImportLedger['finish']>;
}
