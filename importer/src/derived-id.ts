import { createHash } from 'node:crypto';

/** What an old id may name; ids of different kinds never meet. */
export type DerivedKind = 'account' | 'channel' | 'message' | 'organization' | 'session';

/**
 * The id of an imported row: a UUID (version 8) of the import, the kind and the old id, so that a row has the same id whenever it is sent,
 * and the importer needs no table of all rows. Nobody else's rows can have it: auth made the id of the import at random.
 */
export const derivedId = (importId: string, kind: DerivedKind, sourceId: string): string => {
  const digest = createHash('sha256').update(`${importId}\n${kind}\n${sourceId}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
