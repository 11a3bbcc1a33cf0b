import { Fault } from '@parley/contracts';
import type { ImportLedger } from './imports.postgres.js';

const retryAfterMs = 5_000;
/** How long an answer of the store is used. A realm is empty when its import begins, so that clients miss nothing until then. */
const freshMs = 1_000;
/** Realms are configured, but a caller may name any. */
const realmsMax = 1_000;

export const realmImporting = (): Fault =>
  new Fault('unavailable', 'realm_importing', 'This realm is being imported; try again when that is finished', {
    retryAfterMs,
  });

/** Rejects with `unavailable` `realm_importing` while a realm is imported. */
export type ImportGate = (realm: string) => Promise<void>;

/** Reads the store once a second for each realm, shared by concurrent calls. */
export const createImportGate = ({ isImporting }: Pick<ImportLedger, 'isImporting'>): ImportGate => {
  const known = new Map<string, { readonly at: number; readonly importing: Promise<boolean> }>();
  return async (realm) => {
    const now = performance.now();
    let answer = known.get(realm);
    if (answer === undefined || now - answer.at >= freshMs) {
      if (known.size >= realmsMax) known.clear();
      answer = { at: now, importing: isImporting(realm) };
      known.set(realm, answer);
      answer.importing.catch(() => known.delete(realm));
    }
    if (await answer.importing) throw realmImporting();
  };
};
