import { randomUUID } from 'node:crypto';
import type { Auth, Context, Handlers } from '@parley/contracts';
import type { ImportKey } from '@parley/postgres';
import { requireSystem } from '../callers.js';
import type { AuthDeps } from '../deps.js';

/** Takes over the accounts of an old server; until it is finished, the realm is closed to everybody else (`realm_importing`). */
export const importAccounts = ({ imports, clock }: Pick<AuthDeps, 'imports' | 'clock'>): Handlers<Auth>['import'] => ({
  begin: async ({ source }, context) => {
    requireSystem(context);
    return imports.begin({ realm: context.principal.realm, importId: randomUUID(), source });
  },
  find: async (_input, context) => {
    requireSystem(context);
    return imports.find(context.principal.realm);
  },
  accounts: async ({ importId, rows }, context) => ({
    added: await imports.addAccounts(keyOf(importId, context), rows, new Date(clock())),
  }),
  progress: async ({ importId, checkpoint }, context) => {
    await imports.progress(keyOf(importId, context), checkpoint);
    return {};
  },
  finish: async ({ importId }, context) => imports.finish(keyOf(importId, context)),
});

const keyOf = (importId: string, context: Context): ImportKey => {
  requireSystem(context);
  return { realm: context.principal.realm, importId };
};
