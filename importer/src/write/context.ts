import type { SystemPrincipal } from '@parley/contracts';
import type { SourceName } from '../records.js';
import type { Owners } from '../target/target.js';
import type { AccountNames } from './account-names.js';
import { groupsOf } from './groups.js';
import { persistently } from './persistently.js';

/** A message of the source and what it is now. */
export interface MappedMessage {
  readonly sourceId: string;
  readonly id: string;
  readonly number: number;
}

/** What the writers of all parts share. */
export interface WriteContext {
  readonly source: SourceName;
  readonly importId: string;
  readonly owners: Owners;
  readonly options: { readonly principal: SystemPrincipal };
  readonly names: AccountNames;
  readonly signal: AbortSignal;
  /** Keeps where messages went; resolves when that is in the report. */
  mapped(messages: readonly MappedMessage[]): Promise<void>;
}

type AddRows<Row> = (
  input: { importId: string; rows: Row[] },
  options: WriteContext['options'],
) => Promise<{ readonly added: number }>;

/** Sends rows group after group, each until it is taken; returns how many were not there before. */
export const addAll = async <Row>(
  { importId, options, signal }: Pick<WriteContext, 'importId' | 'options' | 'signal'>,
  rows: readonly Row[],
  add: AddRows<Row>,
): Promise<number> => {
  let added = 0;
  for (const group of groupsOf(rows))
    added += (await persistently(() => add({ importId, rows: group }, options), { signal })).added;
  return added;
};
