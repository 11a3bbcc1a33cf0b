import type { Finding, PartName, SourcePage, SourceRecord } from '../records.js';
import { openSource } from '../sources/open-source.js';
import type { SourceName, SourceOptions } from '../records.js';

export interface ReadSource {
  readonly counts: Readonly<Record<PartName, number>>;
  readonly pages: readonly SourcePage[];
  readonly records: readonly SourceRecord[];
  readonly findings: readonly Finding[];
}

/** Everything that a small source yields. */
export const readSource = async (name: SourceName, options: Omit<SourceOptions, 'now'>): Promise<ReadSource> => {
  await using source = await openSource(name, { now: new Date('2025-01-01T00:00:00Z'), ...options });
  const pages: SourcePage[] = [];
  for await (const page of source.pages()) pages.push(page);
  return {
    counts: source.counts,
    pages,
    records: pages.flatMap(({ records }) => records),
    findings: pages.flatMap(({ findings }) => findings),
  };
};

/** Findings as one line each: `outcome rule table row: what`. */
export const lines = (findings: readonly Finding[]): string[] =>
  findings.map(({ outcome, rule, table, row, what }) => `${outcome} ${rule} ${table} ${row}: ${what}`);

/** The records of one type. */
export const recordsOf = <Type extends SourceRecord['type']>(
  { records }: Pick<ReadSource, 'records'>,
  type: Type,
): Extract<SourceRecord, { readonly type: Type }>[] =>
  records.filter((record): record is Extract<SourceRecord, { readonly type: Type }> => record.type === type);
