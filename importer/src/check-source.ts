import {
  type Finding,
  type Outcome,
  type PartName,
  type Source,
  type SourcePage,
  outcomes,
  partNames,
} from './records.js';
import type { Report } from './report.js';

/** What an import moves, and what it says about the rest. */
export interface Totals {
  readonly moved: Readonly<Record<PartName, number>>;
  readonly findings: Readonly<Record<Outcome, number>>;
  /** The first rows that cannot be moved. */
  readonly refused: readonly Finding[];
}

const refusedMax = 5;

/** Reads the whole source and writes what it finds into the report; nothing else is written. */
export const checkSource = async (
  source: Source,
  report: Pick<Report, 'findings'>,
  onPage: (page: SourcePage) => void,
  signal: AbortSignal,
): Promise<Totals> => {
  const moved = Object.fromEntries(partNames.map((part) => [part, 0])) as Record<PartName, number>;
  const findings = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const refused: Finding[] = [];
  for await (const page of source.pages()) {
    signal.throwIfAborted();
    moved[page.part] += page.records.filter(({ type }) => !unmoved.has(type)).length;
    for (const finding of page.findings) {
      findings[finding.outcome] += 1;
      if (finding.outcome === 'refused' && refused.length < refusedMax) refused.push(finding);
    }
    await report.findings(page.findings);
    onPage(page);
  }
  return { moved, findings, refused };
};

const unmoved: ReadonlySet<string> = new Set(['file']);
