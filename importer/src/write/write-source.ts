import { type PartName, type Source, type SourcePage, partNames } from '../records.js';
import { checkpointAt, pagesWritten } from './checkpoint.js';
import type { WriteContext } from './context.js';
import { persistently } from './persistently.js';
import { writeStreams } from './write-channels.js';
import { writePage } from './write-page.js';

/** How often auth records how far the import is; what was written since then is sent again after a crash. */
const checkpointEveryMs = 2_000;

export interface Written {
  /** Records that were not there before. */
  readonly added: number;
  /** Pages that an earlier run had written. */
  readonly skipped: number;
}

/**
 * Writes all pages of a source, one after the other, and reads the next one meanwhile; continues behind the checkpoint of an earlier run.
 * Rejects with a Fault, or with the reason of the signal.
 */
export const writeSource = async (
  source: Source,
  context: WriteContext,
  checkpoint: string | null,
  onPage: (page: SourcePage) => void,
): Promise<Written> => {
  const { importId, options, owners, signal } = context;
  const skipped = pagesWritten(checkpoint, source);
  let pages = 0;
  let added = 0;
  let hasStreams = false;
  let keptAt = performance.now();
  const keep = async (): Promise<void> => {
    const input = { importId, checkpoint: checkpointAt(pages, source) };
    await persistently(() => owners.auth.import.progress(input, options), { signal });
    keptAt = performance.now();
  };
  for await (const page of readAhead(source.pages())) {
    signal.throwIfAborted();
    if (!hasStreams && isBehindMembers(page.part)) {
      await writeStreams(context);
      hasStreams = true;
    }
    if (pages >= skipped) added += await writePage(context, page.records);
    pages += 1;
    onPage(page);
    if (pages > skipped && performance.now() - keptAt >= checkpointEveryMs) await keep();
  }
  if (!hasStreams) await writeStreams(context);
  if (pages > skipped) await keep();
  return { added, skipped };
};

const isBehindMembers = (part: PartName): boolean => partNames.indexOf(part) > partNames.indexOf('members');

/** The pages in their order; while one is used, the next one is read. */
const readAhead = async function* (pages: AsyncGenerator<SourcePage>): AsyncGenerator<SourcePage> {
  const read = (): Promise<IteratorResult<SourcePage>> => {
    const next = pages.next();
    // Whoever awaits it sees the failure; until then it is nobody's.
    next.catch(() => undefined);
    return next;
  };
  try {
    for (let next = read(); ;) {
      const result = await next;
      if (result.done === true) return;
      next = read();
      yield result.value;
    }
  } finally {
    await pages.return(undefined);
  }
};
