import type { Auth, Client } from '@parley/contracts';
import { derivedId } from '../derived-id.js';
import type { AccountRecord } from '../records.js';
import { type WriteContext, addAll } from './context.js';

type AccountInput = Parameters<Client<Auth>['import']['accounts']>[0]['rows'][number];

export const writeAccounts = (context: WriteContext, records: readonly AccountRecord[]): Promise<number> =>
  addAll(
    context,
    records.map((record) => accountOf(context.importId, record)),
    context.owners.auth.import.accounts,
  );

const accountOf = (importId: string, record: AccountRecord): AccountInput => ({
  id: derivedId(importId, 'account', record.sourceId),
  number: record.number,
  kind: record.kind,
  username: record.username,
  email: record.email,
  handle: record.handle,
  name: record.name,
  firstName: record.firstName,
  lastName: record.lastName,
  publicKey: record.publicKey,
  password: record.credential,
  createdAt: record.createdAt,
  sessions: record.sessions.map(({ tokenHash, expiresAt }) => ({
    id: derivedId(importId, 'session', tokenHash),
    refreshHash: tokenHash,
    expiresAt,
  })),
});
