import type { Chat, Context, Handlers } from '@parley/contracts';
import type { ImportKey } from '@parley/postgres';
import { refuseAllButSystem } from '../domain/caller.js';
import type { MessageImports } from '../store/imports.js';

/** Takes over the messages of an old server. No event is published: no client is connected in a realm that is being imported. */
export const importMessages = ({ imports }: { readonly imports: MessageImports }): Handlers<Chat>['import'] => ({
  begin: async ({ importId, source }, context) => imports.begin({ ...keyOf(importId, context), source }),
  streams: async ({ importId, rows }, context) => ({ added: await imports.addStreams(keyOf(importId, context), rows) }),
  messages: async ({ importId, rows, readBySender }, context) =>
    imports.addMessages(keyOf(importId, context), rows, readBySender),
  reactions: async ({ importId, rows }, context) => ({
    added: await imports.addReactions(keyOf(importId, context), rows),
  }),
  receipts: async ({ importId, rows }, context) => ({
    added: await imports.addReceipts(keyOf(importId, context), rows),
  }),
  finish: async ({ importId }, context) => imports.finish(keyOf(importId, context)),
});

const keyOf = (importId: string, { principal }: Context): ImportKey => {
  refuseAllButSystem(principal);
  return { realm: principal.realm, importId };
};
