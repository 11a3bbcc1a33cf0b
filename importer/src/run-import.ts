import { type Fault, type ImportState, isFault } from '@parley/contracts';
import { StartError } from '@parley/runtime';
import { createHeapBound } from './bounded-heap.js';
import { type Totals, checkSource } from './check-source.js';
import { type Progress, duration, grouped } from './progress.js';
import { type Source, type SourceName, type SourcePage, partNames } from './records.js';
import { type Report, createReport, removeUnfinishedReport } from './report.js';
import { importer } from './target/open-target.js';
import type { Owners, Target } from './target/target.js';
import { createAccountNames } from './write/account-names.js';
import type { WriteContext } from './write/context.js';
import { persistently } from './write/persistently.js';
import { writeSource } from './write/write-source.js';

export interface ImportOptions {
  readonly realm: string;
  readonly dryRun: boolean;
  /** Where the report goes. */
  readonly reportFile: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  openSource(): Promise<Source>;
  /** Not called for a dry run. */
  openTarget(): Promise<Target>;
}

/**
 * Checks the source, and unless it is a dry run moves it into the realm. Rejects with a StartError, one sentence, for what is in the way;
 * then nothing was written, or a later run goes on where this one ended.
 */
export const runImport = async (options: ImportOptions): Promise<void> => {
  const { progress, dryRun, reportFile, realm } = options;
  await using source = await options.openSource();
  await using target = dryRun ? null : await options.openTarget();
  const report = await createReport(reportFile, { source: sourceText(source), realm, dryRun });
  try {
    const totals = await check(source, report, options);
    for (const line of summaryOf(totals)) progress.say(line);
    progress.say(`The report is in ${report.path}.`);
    await report.totals({ ...totals, refused: undefined });
    refuseRefused(totals, source.name);
    if (target) await move(source, target, report, options);
    await report.close();
  } catch (error) {
    await report.close();
    throw sentenceOf(error, options.realm);
  } finally {
    await removeUnfinishedReport(reportFile);
  }
};

/** How auth names the source: the same for the same data, wherever it is. */
const sourceText = ({ name, fingerprint }: Source): string => `${name} ${fingerprint}`;

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const check = async (source: Source, report: Report, { progress, signal }: ImportOptions): Promise<Totals> => {
  progress.begin('Checked', totalOf(source.counts));
  const totals = await checkSource(source, report, pageWatcher(progress), signal);
  progress.end();
  return totals;
};

const pageWatcher = (progress: Progress): ((page: SourcePage) => void) => {
  const boundHeap = createHeapBound();
  return ({ rows, part }) => {
    progress.advance(rows, words(part));
    boundHeap();
  };
};

const words = (part: string): string => part.replaceAll('_', ' ');

const summaryOf = ({ moved, findings }: Totals): string[] => [
  `To be moved: ${partNames
    .filter((part) => moved[part] > 0)
    .map((part) => `${grouped(moved[part])} ${words(part)}`)
    .join(', ')}.`,
  `Rows with a finding: ${grouped(findings.mended)} mended, ${grouped(findings.refused)} refused, ` +
    `${grouped(findings.left_out)} left out, ${grouped(findings.reported)} moved as they are.`,
];

const refuseRefused = ({ findings, refused }: Totals, name: SourceName): void => {
  if (findings.refused === 0) return;
  const examples = refused.map(({ table, row, what }) => `  ${table} ${row}: ${what}`).join('\n');
  throw new StartError(
    `Nothing was written: ${grouped(findings.refused)} rows of ${name} cannot be moved as they are. Change them there, then run this again.\n${examples}`,
  );
};

const move = async (source: Source, target: Target, report: Report, options: ImportOptions): Promise<void> => {
  const { progress, realm, signal } = options;
  const { owners } = target;
  const caller = { principal: { kind: 'system', realm, service: importer } as const };
  const begun = await persistently(() => owners.auth.import.begin({ source: sourceText(source) }, caller), { signal });
  if (begun.finishedAt !== null) return sayFinished(begun, realm, progress, report);
  if (begun.checkpoint !== null) progress.say(`Going on with the import that began at ${begun.begunAt}.`);
  await report.takePlace();
  await beginEverywhere(owners, begun, caller, signal);
  const startedAt = performance.now();
  progress.begin('Moved', totalOf(source.counts));
  const context: WriteContext = {
    source: source.name,
    importId: begun.importId,
    owners,
    options: caller,
    names: createAccountNames((ids) => owners.auth.account.lookup({ ids }, caller)),
    signal,
    mapped: (messages) => report.messages(messages),
  };
  const { added } = await writeSource(source, context, begun.checkpoint, pageWatcher(progress));
  await finishEverywhere(owners, begun, caller, signal);
  progress.end();
  const seconds = (performance.now() - startedAt) / 1_000;
  await report.totals({ added, seconds: Math.round(seconds * 10) / 10, finished: true });
  progress.say(
    `Imported ${source.name} into the realm ${realm} of ${target.name}: ${grouped(added)} records in ${duration(seconds)}` +
      ` (${grouped(Math.round(added / Math.max(seconds, 0.001)))}/s). Clients can sign in.`,
  );
};

const sayFinished = async (
  { finishedAt }: ImportState,
  realm: string,
  progress: Progress,
  report: Report,
): Promise<void> => {
  await report.takePlace();
  await report.totals({ added: 0, finished: true });
  progress.say(`The realm ${realm} was imported from this source at ${finishedAt}: nothing was added.`);
};

type Caller = WriteContext['options'];

const beginEverywhere = async (
  owners: Owners,
  { importId, source }: ImportState,
  caller: Caller,
  signal: AbortSignal,
): Promise<void> => {
  const input = { importId, source };
  await persistently(() => owners.topics.import.begin(input, caller), { signal });
  await persistently(() => owners.chat.import.begin(input, caller), { signal });
  await persistently(() => owners.signaling.import.begin(input, caller), { signal });
};

/** Auth last: until then nobody can sign in, whatever the others show. */
const finishEverywhere = async (
  owners: Owners,
  { importId }: ImportState,
  caller: Caller,
  signal: AbortSignal,
): Promise<void> => {
  await persistently(() => owners.signaling.import.finish({ importId }, caller), { signal });
  await persistently(() => owners.chat.import.finish({ importId }, caller), { signal });
  await persistently(() => owners.topics.import.finish({ importId }, caller), { signal });
  await persistently(() => owners.auth.import.finish({ importId }, caller), { signal });
};

const sentences: Readonly<Record<string, (realm: string) => string>> = {
  realm_not_empty: (realm) =>
    `The realm ${realm} is not empty: import into a new folder or another realm (--realm). Sample users make a realm not empty too (PARLEY_SAMPLE_DATA=false).`,
  import_other_source: (realm) => `The realm ${realm} was imported from another source.`,
  realm_not_found: (realm) => `There is no realm ${realm}: add it to PARLEY_REALMS of auth.`,
};

/** A Fault of an owner as a sentence for the operator. */
const sentenceOf = (error: unknown, realm: string): unknown => {
  if (!isFault(error)) return error;
  return new StartError(sentences[error.reason]?.(realm) ?? retrySentence(error), { cause: error });
};

const retrySentence = ({ code, reason, message }: Fault): string =>
  code === 'unavailable'
    ? `The import was interrupted (${reason}: ${message}). Run the same command again: it goes on where it was.`
    : `The import ended: ${message} (${reason}). Until it is finished, nobody can sign in to the realm.`;
