import { z } from 'zod';
import type { Source } from '../records.js';

/** How far an import is, as auth keeps it for the importer. */
const Checkpoint = z.object({
  version: z.literal(1),
  /** Pages of the source that are written. */
  pages: z.int().min(0),
  /** The source as it was then: with other rows, its pages are others. */
  counts: z.record(z.string(), z.int()),
});

const isSame = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

/** The number of pages that need not be written again; 0 when the source has changed. */
export const pagesWritten = (checkpoint: string | null, { counts }: Pick<Source, 'counts'>): number => {
  if (checkpoint === null) return 0;
  const read = Checkpoint.safeParse(JSON.parse(checkpoint));
  return read.success && isSame(read.data.counts, counts) ? read.data.pages : 0;
};

export const checkpointAt = (pages: number, { counts }: Pick<Source, 'counts'>): string =>
  JSON.stringify({ version: 1, pages, counts } satisfies z.input<typeof Checkpoint>);
