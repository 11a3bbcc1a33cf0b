import type { Context, Handlers, Topics } from '@parley/contracts';
import type { ImportKey } from '@parley/postgres';
import { assertSystem } from '../caller.js';
import type { Deps } from '../deps.js';

/** Takes over the channels of an old server. No event is published: no client is connected in a realm that is being imported. */
export const importChannels = ({ imports }: Pick<Deps, 'imports'>): Handlers<Topics>['import'] => ({
  begin: async ({ importId, source }, context) => imports.begin({ ...keyOf(importId, context), source }),
  channels: async ({ importId, rows }, context) => ({
    added: await imports.addChannels(keyOf(importId, context), rows),
  }),
  members: async ({ importId, rows }, context) => ({ added: await imports.addMembers(keyOf(importId, context), rows) }),
  snapshots: async ({ importId, after, limit }, context) => imports.snapshots(keyOf(importId, context), after, limit),
  finish: async ({ importId }, context) => imports.finish(keyOf(importId, context)),
});

const keyOf = (importId: string, { principal }: Context): ImportKey => {
  assertSystem(principal);
  return { realm: principal.realm, importId };
};
