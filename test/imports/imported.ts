import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '@parley/bus';
import { createLog } from '@parley/runtime';
import { eventually, freshServiceDatabase, startInOneProcess, startNats } from '@parley/testing';
import { createProgress } from '../../importer/src/progress.js';
import type { SourceName } from '../../importer/src/records.js';
import { runImport } from '../../importer/src/run-import.js';
import { openSource } from '../../importer/src/sources/open-source.js';
import { ownersOver } from '../../importer/src/target/target.js';
import { ask } from '../clients/http.js';

/** A Parley into whose realm of that name the store of an old server was moved. */
export interface Imported {
  readonly url: string;
  stop(): Promise<void>;
}

/** The old refresh tokens of the fixtures end long after that. */
const now = new Date('2025-01-01T00:00:00Z');

export const startImported = async (name: SourceName, location: string): Promise<Imported> => {
  const [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  const parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url });
  const stop = async (): Promise<void> => {
    await parley.stop();
    await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
  };
  try {
    await importInto(nats.url, name, location);
    return { url: parley.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const importInto = async (natsUrl: string, name: SourceName, location: string): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'imported-'));
  const log = createLog({ service: 'importer', level: 'error' });
  const bus = await connectNats({ servers: natsUrl, name: 'importer', log });
  try {
    await runImport({
      realm: name,
      dryRun: false,
      reportFile: join(folder, 'report.jsonl'),
      progress: createProgress({ write: () => true }),
      signal: new AbortController().signal,
      openSource: () => openSource(name, { location, now }),
      openTarget: async () => ({
        name: 'a test',
        owners: ownersOver(bus),
        [Symbol.asyncDispose]: () => bus.drain(),
      }),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The answer to a request, asked again while the realm is closed for the import. */
export const openedAnswer = <T>(method: string, url: string, request?: Parameters<typeof ask>[2]): Promise<T> =>
  eventually(async () => {
    const { status, body } = await ask(method, url, request);
    if (status === 503) throw new Error('still closed');
    return { status, body } as T;
  });
