import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Finding } from './records.js';
import type { MappedMessage } from './write/context.js';

/** What a report is about, its first line. */
export interface ReportHead {
  readonly source: string;
  readonly realm: string;
  readonly dryRun: boolean;
}

/**
 * The report of an import as JSON lines: `import` (what it is about), `finding` (a row that is not moved as it is), `message` (a message of
 * the source and its id and number now), `total`. Lines are in the file once a method has resolved.
 */
export interface Report {
  readonly path: string;
  findings(findings: readonly Finding[]): Promise<void>;
  messages(messages: readonly MappedMessage[]): Promise<void>;
  /** Takes over what an earlier run of the same import wrote about messages, and takes its place. */
  takePlace(): Promise<void>;
  totals(totals: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

const linesBytes = 64 * 1024;

/** Writes beside `path` until `takePlace` or `close` is called. */
export const createReport = async (path: string, head: ReportHead): Promise<Report> => {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w');
  await writeLines(file, [{ type: 'import', ...head }]);
  let isInPlace = false;
  const takePlace = async (): Promise<void> => {
    if (isInPlace) return;
    await copyMessages(path, head, file);
    isInPlace = true;
    await rename(fresh, path);
  };
  return {
    path,
    findings: (findings) =>
      writeLines(
        file,
        findings.map((finding) => ({ type: 'finding', ...finding })),
      ),
    messages: (messages) =>
      writeLines(
        file,
        messages.map((message) => ({ type: 'message', ...message })),
      ),
    takePlace,
    totals: (totals) => writeLines(file, [{ type: 'total', ...totals }]),
    close: async () => {
      await takePlace();
      await file.close();
    },
  };
};

const writeLines = async (file: FileHandle, lines: readonly object[]): Promise<void> => {
  if (lines.length > 0) await file.appendFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
};

/** A process that was killed may have left half a line at the end. */
const copyMessages = async (path: string, head: ReportHead, file: FileHandle): Promise<void> => {
  const earlier = await open(path, 'r').catch(() => null);
  if (earlier === null) return;
  await earlier.close();
  let isSame: boolean | undefined;
  let lines: string[] = [];
  let bytes = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    isSame ??= line === JSON.stringify({ type: 'import', ...head });
    if (!isSame) return;
    if (!line.startsWith('{"type":"message",') || !line.endsWith('}')) continue;
    lines.push(line);
    bytes += line.length;
    if (bytes < linesBytes) continue;
    await file.appendFile(`${lines.join('\n')}\n`);
    [lines, bytes] = [[], 0];
  }
  if (lines.length > 0) await file.appendFile(`${lines.join('\n')}\n`);
};

/** Removes what a run left that ended before its report took its place. */
export const removeUnfinishedReport = (path: string): Promise<void> => rm(`${path}.new`, { force: true });
