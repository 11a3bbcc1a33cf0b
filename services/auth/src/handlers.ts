import { type Auth, type Handlers, type Realm, notFound } from '@parley/contracts';
import { requireLive, requireSystem } from './callers.js';
import type { AuthDeps } from './deps.js';
import type { Handler, Outcomes } from './outcomes.js';
import { changePassword } from './use-cases/change-password.js';
import { deleteAccount } from './use-cases/delete-account.js';
import { endOtherSessions } from './use-cases/end-other-sessions.js';
import { endSession } from './use-cases/end-session.js';
import { findAccount } from './use-cases/find-account.js';
import { importAccounts } from './use-cases/import-accounts.js';
import { issueTicket } from './use-cases/issue-ticket.js';
import { issueToken } from './use-cases/issue-token.js';
import { listPreferenceChanges } from './use-cases/list-preference-changes.js';
import { listRevocations } from './use-cases/list-revocations.js';
import { listSessions } from './use-cases/list-sessions.js';
import { redeemTicket } from './use-cases/redeem-ticket.js';
import { refreshToken } from './use-cases/refresh-token.js';
import { registerAccount } from './use-cases/register-account.js';
import { renameAccount } from './use-cases/rename-account.js';
import { searchAccounts } from './use-cases/search-accounts.js';
import { setName } from './use-cases/set-name.js';
import { setPreferences } from './use-cases/set-preferences.js';
import { signIn } from './use-cases/sign-in.js';
import { verifyToken } from './use-cases/verify-token.js';

/**
 * The handlers of the contract. Keys and revocations are the same in every realm; all other operations need a known realm, and those of
 * clients one that is not being imported.
 */
export const handlers = (deps: AuthDeps, outcomes: Outcomes): Handlers<Auth> => {
  const existing = inKnownRealm(deps.config.realms);
  const known = <I, O>(handler: Handler<I, O>): Handler<I, O> => existing(whileOpen(deps, handler));
  const imports = importAccounts(deps);
  return {
    import: {
      begin: existing(imports.begin),
      find: existing(imports.find),
      accounts: existing(imports.accounts),
      progress: existing(imports.progress),
      finish: existing(imports.finish),
    },
    account: {
      register: known(outcomes.counted('register', registerAccount(deps))),
      find: known(findAccount(deps)),
      lookup: existing(({ ids }, { principal }) => deps.accounts.lookup(principal.realm, ids)),
      named: known(({ usernames }, { principal }) => deps.accounts.named(principal.realm, usernames)),
      deleted: existing(async ({ ids }, context) => {
        requireSystem(context);
        return deps.accounts.deleted(context.principal.realm, ids);
      }),
      contacts: existing(async ({ ids }, context) => {
        requireSystem(context);
        return deps.accounts.contacts(context.principal.realm, ids);
      }),
      rename: known(renameAccount(deps)),
      setName: known(setName(deps)),
      me: known(async (_input, context) => (await requireLive(deps, context)).account),
      search: known(searchAccounts(deps)),
      setPreferences: known(setPreferences(deps)),
      preferenceChanges: listPreferenceChanges(deps),
      changePassword: known(changePassword(deps)),
      delete: known(deleteAccount(deps)),
    },
    token: {
      signIn: known(outcomes.counted('sign_in', signIn(deps))),
      issue: known(issueToken(deps)),
      refresh: known(outcomes.counted('refresh', refreshToken(deps))),
      verify: known(verifyToken(deps)),
      keys: async () => ({ keys: [...deps.keyRing.publicKeys], now: new Date(deps.clock()).toISOString() }),
      revocations: listRevocations(deps),
    },
    session: {
      list: known(listSessions(deps)),
      end: known(endSession(deps)),
      endOthers: known(endOtherSessions(deps)),
    },
    request: {
      claim: async ({ scope, fingerprint }, context) => {
        requireSystem(context);
        return deps.requests.claim(scope, fingerprint);
      },
      complete: async ({ scope, response }, context) => {
        requireSystem(context);
        await deps.requests.complete(scope, response);
        return {};
      },
      release: async ({ scope }, context) => {
        requireSystem(context);
        await deps.requests.release(scope);
        return {};
      },
    },
    ticket: {
      issue: known(issueTicket(deps)),
      redeem: known(redeemTicket(deps)),
    },
  };
};

const inKnownRealm =
  (realms: readonly Realm[]) =>
  <I, O>(handler: Handler<I, O>): Handler<I, O> =>
  async (input, context) => {
    if (!realms.includes(context.principal.realm)) throw notFound('realm');
    return handler(input, context);
  };

const whileOpen =
  <I, O>({ importGate }: Pick<AuthDeps, 'importGate'>, handler: Handler<I, O>): Handler<I, O> =>
  async (input, context) => {
    await importGate(context.principal.realm);
    return handler(input, context);
  };
