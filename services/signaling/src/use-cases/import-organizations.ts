import type { Context, Handlers, Signaling } from '@parley/contracts';
import type { ImportKey } from '@parley/postgres';
import { assertSystem } from '../caller.js';
import type { Deps } from '../deps.js';

/** Takes over the organizations of an old server, with their members and addresses. */
export const importOrganizations = ({ imports }: Pick<Deps, 'imports'>): Handlers<Signaling>['import'] => ({
  begin: async ({ importId, source }, context) => imports.begin({ ...keyOf(importId, context), source }),
  organizations: async ({ importId, rows }, context) => ({
    added: await imports.addOrganizations(keyOf(importId, context), rows),
  }),
  members: async ({ importId, rows }, context) => ({ added: await imports.addMembers(keyOf(importId, context), rows) }),
  leases: async ({ importId, rows }, context) => ({ added: await imports.addLeases(keyOf(importId, context), rows) }),
  finish: async ({ importId }, context) => imports.finish(keyOf(importId, context)),
});

const keyOf = (importId: string, { principal }: Context): ImportKey => {
  assertSystem(principal);
  return { realm: principal.realm, importId };
};
